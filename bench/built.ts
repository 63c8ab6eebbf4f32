// What `npm run build` made, as the bench takes it up: the compiled table and the function bundles.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import vm from 'node:vm'
import type { MappingTable } from '../core/mapping-table.ts'

/** dist/bench.js stands one folder below the root. */
export const ROOT = path.join(__dirname, '..')
const DIST = path.join(ROOT, 'dist')
export const CLI = path.join(DIST, 'cli.js')

export function loadTable(): MappingTable {
  return require(path.join(DIST, 'mappings', 'events.js')).default
}

export type FunctionName = 'destination' | 'source'

export function readFunction(name: FunctionName): string {
  return readFileSync(path.join(DIST, 'functions', `${name}.js`), 'utf8')
}

type Handler = (events: readonly unknown[], settings: Record<string, unknown>) => Promise<unknown>

export interface DeployedFunction {
  readonly onBatch: Handler
  /** JSON.parse of the realm: in the host, too, messages are objects of the function's own realm. */
  readonly parse: (text: string) => unknown
}

/**
 * The bundle's text in a realm of its own, as in the Functions host. Every POST is answered at once with 200 and
 * `batchSize` results, so that what remains is the function's own time.
 */
export function deploy(source: string, batchSize: number): DeployedFunction {
  const context = createRealm(answerFor(batchSize))
  new vm.Script(source, { filename: 'destination.js' }).runInContext(context)
  return vm.runInContext('({ onBatch, parse: JSON.parse })', context)
}

/** A realm with the globals of the host that our bundles use. */
export function createRealm(answer = ''): vm.Context {
  const response = { status: 200, headers: { get: () => null }, text: async () => answer }
  const hostErrors = { RetryError: Error, InvalidEventPayload: Error, EventNotSupported: Error }
  return vm.createContext({
    crypto: require('node:crypto'),
    Buffer,
    console,
    fetch: async () => response,
    ValidationError: Error,
    ...hostErrors,
  })
}

function answerFor(batchSize: number): string {
  const result = {
    message_id: 'ajs-next-1763800000000-00000000',
    status: 200,
    outcome: 'accepted',
    event_id: 'seg_ajs-next-1763800000000-00000000',
  }
  return JSON.stringify({ results: Array(batchSize).fill(result) })
}
