// The destination files as shipped, with deadlines, delays and rates for a test: what is retried after minutes there is
// retried within a second here.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parse, stringify } from 'yaml'
import { STORM_DESTINATIONS, type StormDestination } from './storm-platforms.ts'

const SHIPPED = path.join(__dirname, '..', '..', 'mappings')
const RETRY = { base_seconds: 0.2, cap_seconds: 1.5, max_attempts: 60 }
const LIMITS = { timeout_seconds: 1, record_seconds: 1, rate_per_second: 100_000 }

/** Fills the folder. @param batchSize the most events in a request, where a platform takes more than one */
export function writeStormMappings(folder: string, batchSize: number): void {
  mkdirSync(path.join(folder, 'destinations'), { recursive: true })
  for (const file of ['consent.yaml', 'returns.yaml'])
    cpSync(path.join(__dirname, 'mappings', file), path.join(folder, file))
  for (const name of STORM_DESTINATIONS) {
    const shipped = shippedFile(name)
    // Analytics takes one client in a request: what fits into thirty seconds as shipped must fit into one here.
    const most = Math.min(shipped.limits.batch_size ?? 1, name === 'ga4' ? 10 : batchSize)
    const limits = { ...shipped.limits, ...LIMITS, batch_size: most }
    const file = path.join(folder, 'destinations', `${name}.yaml`)
    writeFileSync(file, stringify({ ...shipped, limits, retry: RETRY }))
  }
}

function shippedFile(name: StormDestination) {
  const read = (file: string) =>
    parse(readFileSync(path.join(SHIPPED, 'destinations', `${file}.yaml`), 'utf8'))
  if (name !== 'webhook-batches') return read(name)
  const { settings, limits, ...alone } = read('webhook')
  const url = `$\{WEBHOOK_BATCHES_URL}`
  return { ...alone, settings: { ...settings, url }, limits: { ...limits, batch_size: 100 } }
}
