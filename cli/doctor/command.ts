// `tracklayer doctor`: the whole chain from Segment to a destination, link by link.
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { Command } from 'commander'
import { messageOf } from '../../core/errors.ts'
import { realClock } from '../clock.ts'
import { type CommandHelp, withHelp } from '../command-help.ts'
import {
  liveSecrets,
  openWorkspace,
  type WorkspaceFlags,
  wantedIn,
  withWorkspace,
} from '../deploy/command.ts'
import { loadDeployTarget } from '../deploy/settings.ts'
import { withEnvFile } from '../env-file.ts'
import { EXIT } from '../exit-codes.ts'
import { loadTable } from '../load-mappings.ts'
import { paint, print, printJson } from '../output.ts'
import { adviceOf, TRACKING_APIS, traceTestMessage } from '../test-message.ts'
import { type Finding, failed, ok, skipped } from './check.ts'
import { checkStore } from './store-checks.ts'
import { checkWorkspace } from './workspace-checks.ts'

interface DoctorFlags extends WorkspaceFlags {
  readonly ca?: string
  readonly trackingUrl?: string
  readonly timeout: string
}

const HELP: CommandHelp = {
  json: '{ sound, findings: [{ check, state, words, fix? }] }',
  notes: `
Checks the token, every function, its code and whether that is deployed, connections and settings, the store's certificate,
clock and signature, and sends one marked event through Segment. Writes nothing to the workspace.`,
  environment: {
    SEGMENT_WRITE_KEY: 'of a source that TrackLayer is connected to, for the test event',
    TRACKLAYER_API_KEY: 'API key of the environment, to follow it',
    '…': 'and all that tracklayer deploy reads',
  },
  exits: { [EXIT.done]: 'every link holds (warnings aside)', [EXIT.found]: 'one does not' },
  examples: [
    'tracklayer doctor',
    'tracklayer doctor --environment staging --json | jq \'.findings[] | select(.state != "ok")\'',
  ],
}

export function doctorCommand(): Command {
  return withHelp(withWorkspace(new Command('doctor')), HELP)
    .description('check the whole chain from Segment to the store, and say how to mend it')
    .option('--ca <file>', 'PEM of the authority of a store without a public certificate')
    .option('--tracking-url <url>', "another Tracking API than Segment's")
    .option('--timeout <seconds>', 'how long to wait for the test event', '120')
    .action(run)
}

async function run(flags: DoctorFlags): Promise<void> {
  const findings: Finding[] = []
  for (const look of [segmentSide, storeSide, testEvent]) {
    const found = await look(flags)
    findings.push(...found)
    if (!flags.json) for (const finding of found) tell(finding)
  }
  const isSound = findings.every(({ state }) => state !== 'failed')
  if (flags.json) printJson({ sound: isSound, findings })
  if (!isSound) process.exitCode = EXIT.found
}

async function segmentSide(flags: DoctorFlags): Promise<Finding[]> {
  try {
    const workspace = await openWorkspace(flags)
    const { api, name: workspaceName, stateFile } = workspace
    const resources = await wantedIn(workspace, flags)
    const secrets = secretsOf(flags)
    const side = { api, workspaceName, resources, stateFile, liveSecrets: secrets }
    return [ok('token', `opens ${workspaceName}`), ...(await checkWorkspace(side))]
  } catch (error) {
    return [failed('segment', messageOf(error), 'tracklayer deploy --help says what is wanted')]
  }
}

async function storeSide(flags: DoctorFlags): Promise<Finding[]> {
  const { mappings, environment, ca } = flags
  try {
    const { store_url, account } = loadDeployTarget(path.resolve(mappings), environment)
    return await checkStore({
      clock: realClock,
      storeUrl: withoutSlash(store_url),
      account,
      environment,
      liveSecrets: secretsOf(flags),
      mappingVersion: loadTable().version,
      ca: caOf(ca),
    })
  } catch (error) {
    return [failed('store', messageOf(error), 'Correct mappings/deploy.yaml')]
  }
}

function secretsOf({ environment, envFile }: DoctorFlags): string[] {
  return liveSecrets(environment, withEnvFile(process.env, envFile))
}

// No conversion: a test must not be counted as a sale.
const TEST_EVENT = 'Product Viewed'

async function testEvent(flags: DoctorFlags): Promise<Finding[]> {
  const { SEGMENT_WRITE_KEY: writeKey, TRACKLAYER_API_KEY: apiKey } = process.env
  if (!writeKey || !apiKey) {
    return [skipped('test event', 'not sent', 'Set SEGMENT_WRITE_KEY and TRACKLAYER_API_KEY')]
  }
  try {
    const target = loadDeployTarget(path.resolve(flags.mappings), flags.environment)
    if (target.allowlist.length > 0 && !target.allowlist.includes(TEST_EVENT)) {
      const fix = 'tracklayer message send-test --event <one of them>'
      return [skipped('test event', `not sent: the allowlist has no ${TEST_EVENT}`, fix)]
    }
    return [await traced(flags, target, writeKey, apiKey)]
  } catch (error) {
    return [failed('test event', messageOf(error), 'tracklayer message send-test --help')]
  }
}

async function traced(
  { trackingUrl, ca, timeout }: DoctorFlags,
  { region, store_url }: ReturnType<typeof loadDeployTarget>,
  writeKey: string,
  apiKey: string,
): Promise<Finding> {
  const messageId = `tracklayer-test-${randomUUID()}`
  const story = await traceTestMessage({
    clock: realClock,
    trackingUrl: trackingUrl ?? TRACKING_APIS[region],
    writeKey,
    storeUrl: withoutSlash(store_url),
    apiKey,
    ca: caOf(ca),
    messageId,
    event: TEST_EVENT,
    consent: [],
    timeoutMs: Number(timeout) * 1000,
  })
  const advice = adviceOf(story)
  if (advice) return failed('test event', `${messageId} did not get through`, advice)
  const ends = story?.deliveries.map(({ destination, state }) => `${destination} ${state}`) ?? []
  return ok('test event', `${messageId}: ${ends.join(', ') || 'stored; no destination is on'}`)
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '')
}

function caOf(file: string | undefined): string | undefined {
  return file === undefined ? undefined : readFileSync(file, 'utf8')
}

const SIGNS: Readonly<Record<Finding['state'], string>> = {
  ok: paint.green('✓'),
  warning: paint.yellow('!'),
  failed: paint.red('✗'),
  skipped: paint.dim('-'),
}

function tell({ check, state, words, fix }: Finding): void {
  print(`${SIGNS[state]} ${check}: ${words}`)
  if (fix) print(`    ${paint.cyan(fix)}`)
}
