// `tracklayer deploy`: functions, connections, mappings, filters and tracking plan in a Segment workspace.
import path from 'node:path'
import { Command, Option } from 'commander'
import { TrackLayerError } from '../../core/errors.ts'
import { objectAt } from '../../core/json.ts'
import { realClock } from '../clock.ts'
import { type CommandHelp, withHelp } from '../command-help.ts'
import { type Variables, withEnvFile } from '../env-file.ts'
import { EXIT } from '../exit-codes.ts'
import { logLine, paint, print, printError, printJson } from '../output.ts'
import { DIST, MAPPINGS } from '../paths.ts'
import { createProgress, type Progress } from '../progress.ts'
import { createPublicApi, type PublicApi, REGIONS } from '../segment/public-api.ts'
import { stopSignal } from '../stop-signal.ts'
import type { Resource } from './resource.ts'
import { wantedResources } from './resources.ts'
import { rollback, type Undone } from './rollback.ts'
import { deploy, type Step } from './run.ts'
import { type DeployTarget, loadDeployTarget } from './settings.ts'
import { stepJson, tellStep } from './show.ts'
import { openStateFile } from './state.ts'
import { loadPlanRules } from './tracking-plan.ts'

export interface WorkspaceFlags {
  readonly environment: string
  readonly mappings: string
  readonly state?: string
  readonly envFile?: string
  readonly apiUrl?: string
  readonly json?: boolean
}

interface DeployFlags extends WorkspaceFlags {
  readonly dryRun?: boolean
  readonly rollback?: boolean
}

const HELP: CommandHelp = {
  json: '{ workspace, steps?: [{ key, title, action, changes, clicks }], clicks?, writes, undone? }',
  jsonNote:
    'undone with --rollback, steps and clicks without; what is told meanwhile goes to stderr',
  notes: `
What is wanted stands in mappings/deploy.yaml. Nothing is written that is as it should be; after a failure, or after Ctrl-C,
run it again and it goes on.`,
  environment: {
    SEGMENT_PUBLIC_API_TOKEN: 'token of a Workspace Owner (Settings → Access Management → Tokens)',
    'TRACKLAYER_SECRET_<ENVIRONMENT>': "the store's signing secrets; the first is given to Segment",
    'SEGMENT_RETURN_SECRET_<ENVIRONMENT>': 'what the store signs with what comes back',
    TRACKLAYER_PII_KEY: 'where mappings/pii.yaml has keyed actions',
    'SEGMENT_RETURN_URL_<ENVIRONMENT>':
      'when set, the address of the way back is no longer asked for',
  },
  exits: {
    [EXIT.done]: 'all is as wanted',
    [EXIT.found]: 'failed',
    [EXIT.clicksLeft]: 'done, and clicks are left',
    [EXIT.differs]: '--dry-run found differences',
    [EXIT.stopped]: 'stopped between two steps; run it again',
  },
  examples: [
    'tracklayer deploy --dry-run',
    'tracklayer deploy --environment staging',
    "tracklayer deploy --json | jq '.steps[] | select(.clicks != [])'",
    'tracklayer deploy --rollback',
  ],
}

export function deployCommand(): Command {
  return withHelp(withWorkspace(new Command('deploy')), HELP)
    .description('make a Segment workspace what mappings/deploy.yaml says')
    .option('--dry-run', 'only say what differs')
    .option('--rollback', 'take back what the last deploy did')
    .action(run)
}

/** The flags that every command about the workspace has. */
export function withWorkspace(command: Command): Command {
  return command
    .option('--environment <name>', 'environment of the store', 'production')
    .option('--mappings <folder>', 'folder with deploy.yaml', MAPPINGS)
    .option(
      '--state <file>',
      'what deploys remember (default: .tracklayer/deploy/<workspace>.<environment>.json)',
    )
    .option('--env-file <file>', 'more variables, NAME=value a line, as for tracklayer store serve')
    .addOption(
      new Option('--api-url <url>', "another address than Segment's, e.g. a twin's").hideHelp(),
    )
}

async function run(flags: DeployFlags): Promise<void> {
  const workspace = await openWorkspace(flags)
  const telling = tellingOf(flags, stopSignal())
  const dryRun = flags.dryRun ? ' (dry run)' : ''
  telling.say(paint.bold(`${workspace.name}, ${flags.environment}${dryRun}`))
  await (flags.rollback ? takeBack : putInPlace)(workspace, flags, telling)
}

interface Telling {
  readonly say: (line: string) => void
  readonly progress: Progress
  readonly signal: AbortSignal
}

function tellingOf({ json }: DeployFlags, signal: AbortSignal): Telling {
  const progress = createProgress({ isSilent: json })
  const onStop = () =>
    progress.above(() => printError('Stopping after this step; Ctrl-C again stops at once'))
  signal.addEventListener('abort', onStop, { once: true })
  const say = json ? printError : print
  return { say: (line) => progress.above(() => say(line)), progress, signal }
}

async function takeBack(
  { api, stateFile, name }: Workspace,
  flags: DeployFlags,
  { say, signal }: Telling,
): Promise<void> {
  const tell = ({ title, what }: Undone) => say(`  ${title}: ${what}`)
  const undone = await rollback(api, stateFile, Boolean(flags.dryRun), tell, signal)
  if (flags.json) printJson({ workspace: name, undone, writes: api.writes })
  else if (undone.length === 0) print('  nothing to take back')
  if (signal.aborted) tellStopped(flags, `${undone.length} steps`)
}

async function putInPlace(
  workspace: Workspace,
  flags: DeployFlags,
  { say, progress, signal }: Telling,
): Promise<void> {
  const { api, stateFile, name } = workspace
  const resources = await wantedIn(workspace, flags)
  let done = 0
  const steps = await deploy({
    api,
    workspaceName: name,
    resources,
    stateFile,
    isDryRun: Boolean(flags.dryRun),
    signal,
    onStep: (step) => {
      for (const line of tellStep(step)) say(line)
      // What is retired comes on top of what is wanted.
      done = Math.min(done + 1, resources.length)
      progress.show(done, resources.length, flags.dryRun ? 'looked at' : 'as wanted')
    },
  }).finally(() => progress.end())
  if (signal.aborted) return tellStopped(flags, `${steps.length} of ${resources.length} steps`)
  const clicks = [...steps.flatMap((step) => step.clicks), ...returnClicks(workspace.target, flags)]
  finish(flags, name, steps, clicks, api)
}

function tellStopped({ dryRun }: DeployFlags, steps: string): void {
  const how = dryRun ? 'nothing was written' : 'what is done stays done: run it again to go on'
  printError(`Stopped after ${steps}; ${how}`)
  process.exitCode = EXIT.stopped
}

/** All that the workspace should have. @throws TrackLayerError */
export async function wantedIn(
  { api, target }: Workspace,
  { environment, mappings, envFile }: WorkspaceFlags,
  variables: Variables = withEnvFile(process.env, envFile),
): Promise<Resource[]> {
  const sources = await api.list('/sources', 'sources')
  return wantedResources({
    target,
    environment,
    dist: DIST,
    secrets: readSecrets(environment, target, variables),
    rules: target.tracking_plan === null ? null : loadPlanRules(path.resolve(mappings)),
    sourceIds: new Map(sources.map(({ slug, id }) => [String(slug), String(id)])),
  })
}

function finish(
  { json, dryRun }: DeployFlags,
  workspace: string,
  steps: readonly Step[],
  clicks: readonly string[],
  { writes }: PublicApi,
): void {
  const differ = steps.filter(({ action }) => action !== 'none').length
  if (json) printJson({ workspace, steps: steps.map(stepJson), clicks, writes })
  else {
    print(
      differ === 0
        ? `  as wanted: nothing written`
        : `  ${dryRun ? `${differ} to do` : `${writes} written and read back`}`,
    )
    if (clicks.length > 0) print(paint.cyan('  left to do by hand:'))
    for (const click of clicks) print(`    ${click}`)
  }
  if (dryRun && differ > 0) process.exitCode = EXIT.differs
  else if (!dryRun && clicks.length > 0) process.exitCode = EXIT.clicksLeft
}

// The API's model of a source has no field for the address of its function.
function returnClicks({ returns }: DeployTarget, { environment }: DeployFlags): string[] {
  const name = variableOf('SEGMENT_RETURN_URL', environment)
  if (returns === null || process.env[name]) return []
  return [
    `Connections → Sources → ${returns} → Settings → Endpoint: copy the webhook URL into the store's ${name}, and set it here too`,
  ]
}

export interface Workspace {
  readonly id: string
  readonly name: string
  readonly api: PublicApi
  readonly target: DeployTarget
  readonly stateFile: ReturnType<typeof openStateFile>
}

/** The workspace that the token opens. @throws TrackLayerError */
export async function openWorkspace(flags: WorkspaceFlags): Promise<Workspace> {
  const target = loadDeployTarget(path.resolve(flags.mappings), flags.environment)
  const token = process.env.SEGMENT_PUBLIC_API_TOKEN
  if (!token) {
    throw new TrackLayerError(
      'SETTINGS_INVALID',
      'SEGMENT_PUBLIC_API_TOKEN is not set; make one under Settings → Access Management → Tokens',
    )
  }
  const api = createPublicApi({
    baseUrl: flags.apiUrl ?? REGIONS[target.region],
    token,
    clock: realClock,
    fetch,
    onWait: showWait,
  })
  const workspace = objectAt(await api.get('/'), 'workspace') ?? {}
  const { id, name, slug } = workspace
  const file =
    flags.state ?? path.join('.tracklayer', 'deploy', `${slug}.${flags.environment}.json`)
  return {
    id: String(id),
    name: String(name),
    api,
    target,
    stateFile: openStateFile(path.resolve(file), String(id), flags.environment),
  }
}

function showWait(delayMs: number, why: string): void {
  logLine('info', `waiting ${Math.ceil(delayMs / 1000)} s: ${why}`)
}

/** `TRACKLAYER_SECRET` and `eu-shop` → `TRACKLAYER_SECRET_EU_SHOP` */
export function variableOf(prefix: string, environment: string): string {
  return `${prefix}_${environment.toUpperCase().replaceAll('-', '_')}`
}

function readSecrets(environment: string, target: DeployTarget, variables: Variables) {
  const name = variableOf('TRACKLAYER_SECRET', environment)
  const [secret] = liveSecrets(environment, variables)
  if (!secret) {
    throw new TrackLayerError('SETTINGS_INVALID', `${name} is not set: Segment signs with it`)
  }
  const returned = variables[variableOf('SEGMENT_RETURN_SECRET', environment)]
  const piiKey = variables.TRACKLAYER_PII_KEY
  return {
    secret,
    ...(returned && target.returns !== null ? { returned } : {}),
    ...(piiKey ? { piiKey } : {}),
  }
}

/** Newest first. */
export function liveSecrets(environment: string, variables: Variables): string[] {
  return (variables[variableOf('TRACKLAYER_SECRET', environment)] ?? '')
    .split(',')
    .map((secret) => secret.trim())
    .filter(Boolean)
}
