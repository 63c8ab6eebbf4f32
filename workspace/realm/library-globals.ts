// The npm packages that the Functions host offers as globals (facts 1.4). Each is required when a function first reads
// it. The small ones come with TrackLayer's own development packages; the large ones are installed by who needs them.
import type { FunctionKind } from './realm-protocol.ts'

export interface LibraryGlobal {
  /** Dotted path of the global, e.g. `google.cloud.storage`. */
  readonly global: string
  readonly module: string
  /** The host's version; empty where its documentation names none. */
  readonly version: string
  /** True for those that only source insert functions have. */
  readonly isSourceInsertOnly: boolean
}

const TABLE = `
_ lodash 4.17.19
AWS aws-sdk 2.488.0
FormData form-data 2.4.0
OAuth oauth 0.9.15
fetchretrylib.fetchretry fetch-retry
google.cloud.automl @google-cloud/automl 2.2.0
google.cloud.bigquery @google-cloud/bigquery 5.3.0
google.cloud.datastore @google-cloud/datastore 6.2.0
google.cloud.firestore @google-cloud/firestore 4.4.0
google.cloud.functions @google-cloud/functions 1.1.0
google.cloud.pubsub @google-cloud/pubsub 2.6.0
google.cloud.storage @google-cloud/storage 5.3.0
google.cloud.tasks @google-cloud/tasks 2.6.0
hubspotlib.hubspot @hubspot/api-client
jsforce jsforce 1.11.0
jsonwebtoken jsonwebtoken 8.5.1
libphonenumberjslib.libphonenumberjs libphonenumber-js
mailchimplib.mailchimp @mailchimp/mailchimp_marketing
moment moment-timezone 0.5.31
nodemailjet.nodemailjet node-mailjet
sendgrid.client @sendgrid/client 7.4.7
sendgrid.mail @sendgrid/mail 7.4.7
skyflowlib.skyflow skyflow-node
stripe stripe 8.115.0
twilio twilio 3.68.0
uuidv5.uuidv5 uuidv5 1.0.0
winstonlib.winston winston 2.4.6
xml xml 1.0.1
xml2js xml2js 0.4.23
zlib.zlib node:zlib
`

const SOURCE_INSERT_TABLE = `
akeylessLabs.akeyless akeyless
akeylessLabs.akeylessCloudId akeyless-cloud-id
aws4.aws4 aws4
azure.eventHubs @azure/event-hubs
azure.identity @azure/identity
azure.synapse @azure/synapse
clickHouseClient.clickHouseClient @clickhouse/client
cryptojslib.cryptojs crypto-js
jsftp jsftp
oneSignal.oneSignal @onesignal/node-onesignal
pg.pg pg
sentrylib.sentry @sentry/node
snowflakesdk.snowflakesdk snowflake-sdk
`

export const LIBRARY_GLOBALS: readonly LibraryGlobal[] = [
  ...parseTable(TABLE, false),
  ...parseTable(SOURCE_INSERT_TABLE, true),
]

function parseTable(table: string, isSourceInsertOnly: boolean): LibraryGlobal[] {
  return table
    .trim()
    .split('\n')
    .map((line) => {
      const [global = '', module = '', version = ''] = line.split(' ')
      return { global, module, version, isSourceInsertOnly }
    })
}

/** The libraries that functions of this kind are promised. */
export function librariesFor(kind: FunctionKind): readonly LibraryGlobal[] {
  return LIBRARY_GLOBALS.filter((library) => kind === 'sourceInsert' || !library.isSourceInsertOnly)
}

/**
 * Defines each of these globals on `target` as a property that requires its package on first reading. Like all globals
 * of the host they can be assigned; a package that is not installed makes the first use throw.
 */
export function defineLibraryGlobals(
  target: object,
  libraries: readonly LibraryGlobal[],
  load: (module: string) => unknown,
): void {
  for (const library of libraries) {
    const path = library.global.split('.')
    const name = path.pop() as string
    defineLazily(path.reduce(namespaceAt, target), name, () => loadLibrary(library, load))
  }
}

function namespaceAt(target: object, name: string): object {
  const found: unknown = Object.getOwnPropertyDescriptor(target, name)?.value
  if (typeof found === 'object' && found !== null) return found
  const namespace = {}
  defineValue(target, name, namespace)
  return namespace
}

function defineLazily(target: object, name: string, read: () => unknown): void {
  Object.defineProperty(target, name, {
    configurable: true,
    enumerable: true,
    get() {
      const value = read()
      defineValue(target, name, value)
      return value
    },
    set: (value: unknown) => defineValue(target, name, value),
  })
}

function defineValue(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, {
    value,
    configurable: true,
    enumerable: true,
    writable: true,
  })
}

// What cannot be loaded is a stand-in that says so at its first use. It cannot be said when the global is read: on Node 22
// an error in the accessor of a vm global is lost, and the function would see "AWS is not defined".
function loadLibrary(library: LibraryGlobal, load: (module: string) => unknown): unknown {
  try {
    return load(library.module)
  } catch (error) {
    return createStandIn(isAbsent(error, library.module) ? absence(library, error) : error)
  }
}

function createStandIn(reason: unknown): unknown {
  const refuse = () => {
    throw reason
  }
  // Of a class, because only what can be constructed may have a trap for that.
  return new Proxy(class {}, { get: refuse, apply: refuse, construct: refuse })
}

function absence({ global, module, version }: LibraryGlobal, cause: unknown): Error {
  const wanted = version ? `${module}@${version}` : module
  return new Error(
    `The Functions host offers "${global}", but its package is not installed here: npm install --save-dev ${wanted}`,
    { cause },
  )
}

// A package that is there but misses one of its own must say so itself.
function isAbsent(error: unknown, module: string): boolean {
  const { code, message } = error as NodeJS.ErrnoException
  return code === 'MODULE_NOT_FOUND' && message.includes(`'${module}'`)
}
