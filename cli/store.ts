// `tracklayer store serve` and `tracklayer delivery run`.
import path from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { TrackLayerError } from '../core/errors.ts'
import { type CommandHelp, withHelp } from './command-help.ts'
import { readAccess } from './config.ts'
import { deliveryActCommands } from './delivery.ts'
import { watchEnvFile, withEnvFile } from './env-file.ts'
import { createLiveAccess, reloadAccess } from './live-access.ts'
import { openDatabase } from './open-database.ts'
import { logLine, print, printJson } from './output.ts'
import { MAPPINGS } from './paths.ts'
import { aborted, stopSignal } from './stop-signal.ts'
import { type StoreService, startStoreService } from './store-service.ts'
import { type IdentityFiles, readIdentity, watchIdentity } from './tls/identity-files.ts'

interface ServeFlags {
  readonly host: string
  readonly port: number
  readonly dataDir: string
  readonly mappings: string
  readonly delivery: boolean
  readonly envFile?: string
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly json?: boolean
}

const READY =
  '{ url, database, mapping_version, destinations: [{ name, environment }], off: [{ name, environment, missing }] }'

const VARIABLES = {
  TRACKLAYER_ACCOUNT: 'account id, e.g. acct_live_123 (required)',
  'TRACKLAYER_SECRET_<ENVIRONMENT>':
    'live signing secrets, comma-separated (one environment at least)',
  'TRACKLAYER_API_KEY_<ENVIRONMENT>':
    "bearer keys that open that environment, comma-separated; viewer:<key> reads with\npersonal data masked, operator:<key> acts on deliveries, <key> alone is an admin's",
  TRACKLAYER_IDENTITY_HEADER:
    'with TRACKLAYER_PROXY_SECRET and TRACKLAYER_PEOPLE_<ENVIRONMENT>: a reverse proxy\nsigns people in to the console (docs/console.md)',
  TRACKLAYER_ENCRYPTION_KEY:
    'seals OAuth tokens, and secrets made in the console, in the database: 64 hexadecimal\ndigits (openssl rand -hex 32), newest first, comma-separated while one is rotated',
  TRACKLAYER_AUDIT_LOG_DAYS: 'how long the audit log is kept: 400, if not set',
  DATABASE_URL: 'any PostgreSQL; without it an embedded one in --data-dir',
  '<NAME>_<ENVIRONMENT>': `what mappings/destinations/*.yaml refer to as \${NAME}`,
  TRACKLAYER_ALLOW_PRIVATE_ADDRESSES: 'true: deliver to private addresses too',
} as const

const SERVE: CommandHelp = {
  json: READY,
  jsonNote: 'as soon as it is ready',
  environment: VARIABLES,
  examples: [
    'TRACKLAYER_ACCOUNT=acct_live_123 TRACKLAYER_SECRET_PRODUCTION=$(openssl rand -hex 32) tracklayer store serve',
    'tracklayer store serve --port 8080 --no-delivery',
    'tracklayer store serve --host 0.0.0.0 --port 443 --tls-cert fullchain.pem --tls-key privkey.pem --env-file store.env',
  ],
}

const RUN: CommandHelp = {
  json: READY,
  jsonNote: 'as soon as it is ready; url is null',
  environment: VARIABLES,
  examples: ['tracklayer delivery run', 'tracklayer delivery run --env-file store.env'],
}

export function storeCommand(): Command {
  const serve = withHelp(withStoreOptions(new Command('serve')), SERVE)
    .description('serve the HTTP API and deliver; stops in order on SIGTERM and Ctrl-C')
    .option('--host <host>', 'address to listen on', '127.0.0.1')
    .option('--port <port>', 'port to listen on; 0 takes a free one', portNumber, 8080)
    .option(
      '--tls-cert <file>',
      'serve HTTPS: PEM with the certificate and its chain; read again on change',
    )
    .option('--tls-key <file>', 'PEM with the key of --tls-cert')
    .option('--no-delivery', 'serve only; run `tracklayer delivery run` beside it')
    .action((flags: ServeFlags) =>
      run(flags, { host: flags.host, port: flags.port }, flags.delivery, identityFiles(flags)),
    )
  return new Command('store').description('the companion store').addCommand(serve)
}

export function deliveryCommand(): Command {
  const worker = withHelp(withStoreOptions(new Command('run')), RUN)
    .description('deliver only; any number of these may run beside `store serve`')
    .action((flags: ServeFlags) => run(flags, null, true))
  const command = new Command('delivery').description('the delivery worker, and what waits for it')
  for (const each of [worker, ...deliveryActCommands()]) command.addCommand(each)
  return command
}

function withStoreOptions(command: Command): Command {
  return command
    .option('--data-dir <folder>', 'folder of the embedded database', '.tracklayer/postgres')
    .option(
      '--env-file <file>',
      'more variables, NAME=value a line; secrets and API keys are read again on change and on SIGHUP',
    )
    .option('--mappings <folder>', 'folder with destinations/ and returns.yaml', MAPPINGS)
}

async function run(
  flags: ServeFlags,
  listen: { host: string; port: number } | null,
  deliver: boolean,
  files: IdentityFiles | null = null,
): Promise<void> {
  const signal = stopSignal()
  const readVariables = () => withEnvFile(process.env, flags.envFile)
  const variables = readVariables()
  const access = createLiveAccess(readAccess(variables))
  const tls = files && readIdentity(files)
  const database = await openDatabase({
    databaseUrl: variables.DATABASE_URL,
    dataDir: path.resolve(flags.dataDir),
    log: logLine,
  })
  try {
    const service = await startStoreService({
      pool: database.pool,
      access,
      mappingsDir: path.resolve(flags.mappings),
      variables,
      log: logLine,
      listen: listen && { ...listen, ...(tls ? { tls } : {}) },
      deliver,
    })
    announce(flags, service, database.description)
    const reload = () => reloadAccess(access, readVariables, logLine)
    const endings = [
      flags.envFile ? watchEnvFile(flags.envFile, reload) : () => {},
      files ? watchIdentity(files, logLine, service.replaceTls) : () => {},
    ]
    if (flags.envFile) process.on('SIGHUP', reload)
    // An embedded database that cannot be brought back ends the process; what starts it again recovers the data.
    await Promise.race([aborted(signal), database.lost]).finally(() => {
      for (const end of endings) end()
      return service.stop()
    })
  } finally {
    await database.close()
  }
}

function identityFiles({ tlsCert, tlsKey }: ServeFlags): IdentityFiles | null {
  if (tlsCert && tlsKey) return { certFile: path.resolve(tlsCert), keyFile: path.resolve(tlsKey) }
  if (!tlsCert && !tlsKey) return null
  const missing = tlsCert ? '--tls-key' : '--tls-cert'
  throw new TrackLayerError('SETTINGS_INVALID', `HTTPS wants both files: give ${missing} too`)
}

function announce(
  flags: ServeFlags,
  { url, destinations, table }: StoreService,
  database: string,
): void {
  const active = destinations.active.map(({ name, environment }) => ({ name, environment }))
  if (flags.json) {
    const { off } = destinations
    printJson({ url, database, mapping_version: table.version, destinations: active, off })
    return
  }
  print(url ? `TrackLayer store and console on ${url}` : 'TrackLayer delivery worker')
  print(`  database      ${database}`)
  print(`  mappings      ${table.version}`)
  for (const { name, environment } of active) print(`  destination   ${name} (${environment})`)
  for (const { name, environment, missing } of destinations.off) {
    print(`  off           ${name} (${environment}): set ${missing.join(', ')}`)
  }
}

export function portNumber(value: string): number {
  const port = Number(value)
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw new InvalidArgumentError('want a number from 0 to 65535')
}
