// `tracklayer keys list|rotate`: the signing secrets of an environment, by fingerprint, and their rotation under traffic.
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { Command } from 'commander'
import { TrackLayerError } from '../../core/errors.ts'
import { secretFingerprint } from '../../core/secret-fingerprint.ts'
import type { SecretStanding } from '../../store/signing-secrets.ts'
import { confirmed } from '../ask-person.ts'
import { realClock } from '../clock.ts'
import { type CommandHelp, withHelp } from '../command-help.ts'
import {
  liveSecrets,
  openWorkspace,
  variableOf,
  type WorkspaceFlags,
  wantedIn,
  withWorkspace,
} from '../deploy/command.ts'
import type { Resource } from '../deploy/resource.ts'
import { deploy } from '../deploy/run.ts'
import { loadDeployTarget } from '../deploy/settings.ts'
import { readEnvFile, writeEnvVariable } from '../env-file.ts'
import { EXIT } from '../exit-codes.ts'
import { jsonOf, request } from '../http-request.ts'
import { type Column, paint, print, printJson, tableLines } from '../output.ts'
import { ping } from '../segment/ping.ts'
import { type RotationStep, remainingSteps, rotate, STEPS } from './rotation.ts'

interface RotateFlags extends WorkspaceFlags {
  readonly ca?: string
  readonly quiet: string
  readonly patience: string
  readonly dryRun?: boolean
  readonly yes?: boolean
}

const LIST: CommandHelp = {
  json: '{ environment, secrets: [{ fingerprint, requests, last_used_at }] }',
  environment: { TRACKLAYER_API_KEY: 'API key of the environment' },
  examples: ['tracklayer keys list', 'tracklayer keys list --environment staging --json'],
}

const ROTATE: CommandHelp = {
  json: '{ done, live, steps: [{ step, words }] }',
  jsonNote: 'with --dry-run { live, steps: [{ step, words, state }] }',
  notes: `
The secret is made here, written into the store's file and given to Segment; it is never shown. Until the last step both the old
and the new one are accepted, and every step is proved before the next, so no event is lost. Broken off, it is run again.`,
  environment: {
    TRACKLAYER_API_KEY: 'API key of the environment: the store says which secret signs',
    SEGMENT_PUBLIC_API_TOKEN: 'without it, you are asked to change the settings in Segment by hand',
  },
  exits: { [EXIT.found]: 'it is not at its end; run it again' },
  examples: [
    'tracklayer keys rotate --env-file store.env',
    'tracklayer keys rotate --env-file store.env --dry-run --json',
    'tracklayer keys rotate --env-file store.env --yes --quiet 300',
  ],
}

export function keysCommand(): Command {
  const list = withHelp(withStore(new Command('list')), LIST)
    .description('the live signing secrets by fingerprint, and how lately each was used')
    .action(listKeys)
  const walk = withHelp(withStore(new Command('rotate')), ROTATE)
    .description('exchange the signing secret while events flow')
    .option('--quiet <seconds>', 'how long the old one must be unused before it goes', '60')
    .option('--patience <seconds>', 'how long to wait for the store and the traffic', '600')
    .option('--dry-run', 'only say which steps are left')
    .option('--yes', 'do not ask before each step')
    .action(rotateKeys)
  return new Command('keys').description('signing secrets').addCommand(list).addCommand(walk)
}

function withStore(command: Command): Command {
  return withWorkspace(command).option(
    '--ca <file>',
    'PEM of the authority of a store without a public certificate',
  )
}

interface StoreAt {
  readonly storeUrl: string
  readonly account: string
  readonly environment: string
  readonly ca: string | undefined
}

function storeAt({
  mappings,
  environment,
  ca,
}: WorkspaceFlags & { readonly ca?: string }): StoreAt {
  const { store_url, account } = loadDeployTarget(path.resolve(mappings), environment)
  return {
    storeUrl: store_url.replace(/\/+$/, ''),
    account,
    environment,
    ca: ca === undefined ? undefined : readFileSync(ca, 'utf8'),
  }
}

async function listKeys(flags: WorkspaceFlags & { readonly ca?: string }): Promise<void> {
  const secrets = await standing(storeAt(flags))
  if (flags.json) return printJson({ environment: flags.environment, secrets })
  for (const line of tableLines(COLUMNS, secrets)) print(line)
}

const COLUMNS: readonly Column<SecretStanding>[] = [
  { title: 'secret', value: ({ fingerprint }) => fingerprint, paint: paint.bold },
  { title: 'requests', value: ({ requests }) => requests },
  { title: 'last used', value: ({ last_used_at }) => last_used_at ?? 'not used' },
]

async function rotateKeys(flags: RotateFlags): Promise<void> {
  const variable = variableOf('TRACKLAYER_SECRET', flags.environment)
  const file = fileOf(flags)
  const readSecrets = () => liveSecrets(flags.environment, readEnvFile(file))
  if (readSecrets().length === 0) {
    throw new TrackLayerError('SETTINGS_INVALID', `${file} has no ${variable}`)
  }
  const store = storeAt(flags)
  const left = remainingSteps(readSecrets())
  const live = readSecrets().map(secretFingerprint)
  if (flags.dryRun) return tellPlan(flags, live, left)
  const done: RotationStep[] = []
  const isDone = await rotate({
    clock: realClock,
    readSecrets,
    writeSecrets: (secrets) => writeEnvVariable(file, variable, secrets.join(',')),
    newSecret: () => randomBytes(32).toString('hex'),
    ping: (secret) => ping({ ...store, secret, nowMs: realClock.now() }),
    standing: () => standing(store),
    updateSegment: () => updateSegment(flags),
    confirm: async (question) => Boolean(flags.yes) || confirmed(question),
    quietMs: Number(flags.quiet) * 1000,
    patienceMs: Number(flags.patience) * 1000,
    onStep: (step) => {
      done.push(step)
      if (!flags.json) print(`${paint.green('✓')} ${STEPS[step.step]}: ${step.words}`)
    },
  })
  if (flags.json)
    printJson({ done: isDone, live: readSecrets().map(secretFingerprint), steps: done })
  if (!isDone) process.exitCode = EXIT.found
}

function tellPlan({ json }: RotateFlags, live: readonly string[], left: readonly string[]): void {
  const steps = Object.entries(STEPS).map(([step, words]) => ({
    step,
    words,
    state: left.includes(step) ? 'to do' : 'done',
  }))
  if (json) {
    printJson({ live, steps })
    return
  }
  print(`live: ${live.join(', ')}`)
  for (const { words, state } of steps) print(`  ${state.padEnd(6)} ${words}`)
}

/** What Segment signs with, and nothing else of what a deploy would change. */
async function updateSegment(flags: RotateFlags): Promise<string> {
  if (!process.env.SEGMENT_PUBLIC_API_TOKEN) return byHand(flags)
  const workspace = await openWorkspace(flags)
  const resources = await wantedIn(workspace, flags, withFileSecrets(flags))
  const { api, name: workspaceName, stateFile } = workspace
  const steps = await deploy({
    api,
    workspaceName,
    resources: resources
      .filter(({ key }) => /^(function:destination|destination:)/.test(key))
      .map(secretsOnly),
    stateFile,
    isDryRun: false,
    isPart: true,
  })
  const updated = steps.filter(({ action }) => action === 'update').map(({ title }) => title)
  return updated.length > 0 ? updated.join(', ') : 'has it already'
}

// The file holds while it is rotated, whatever this shell still has.
function withFileSecrets(flags: RotateFlags) {
  const { environment } = flags
  const own = readEnvFile(fileOf(flags))
  const { [variableOf('TRACKLAYER_SECRET', environment)]: _, ...rest } = process.env
  return { ...rest, ...own }
}

function secretsOnly(resource: Resource): Resource {
  const missing = `${resource.title} is not in the workspace: tracklayer deploy first`
  return {
    ...resource,
    wanted: () => ({}),
    create: () => Promise.reject(new TrackLayerError('SETTINGS_INVALID', missing)),
  }
}

function fileOf({ envFile }: RotateFlags): string {
  if (envFile !== undefined) return path.resolve(envFile)
  const message = 'Say --env-file: the file that `store serve --env-file` reads its secrets from'
  throw new TrackLayerError('SETTINGS_INVALID', message)
}

async function byHand({ envFile, environment, yes }: RotateFlags): Promise<string> {
  const name = variableOf('TRACKLAYER_SECRET', environment)
  const what = `In Segment, set "Signing secret" of every TrackLayer destination to the first value of ${name} in ${envFile}.`
  if (!yes && (await confirmed(`${what} Done?`))) return 'changed by hand'
  throw new TrackLayerError(
    'SETTINGS_INVALID',
    `${what} Or set SEGMENT_PUBLIC_API_TOKEN. Then run this again`,
  )
}

async function standing({ storeUrl, ca }: StoreAt): Promise<readonly SecretStanding[]> {
  const key = process.env.TRACKLAYER_API_KEY
  if (!key) throw new TrackLayerError('SETTINGS_INVALID', 'TRACKLAYER_API_KEY is not set')
  const headers = { Authorization: `Bearer ${key}` }
  const answer = await request(`${storeUrl}/v1/secrets`, { method: 'GET', headers, ca })
  const secrets = jsonOf(answer)?.secrets
  if (answer.status === 200 && Array.isArray(secrets)) return secrets as SecretStanding[]
  throw new TrackLayerError(
    'RECEIVER_REJECTED',
    `The store answered ${answer.status} for /v1/secrets, want 200`,
  )
}
