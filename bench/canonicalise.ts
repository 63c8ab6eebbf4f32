// What the destination function costs: canonicalise, serialise and sign, beside serialising and signing alone.
import { createHmac } from 'node:crypto'
import { canonicalise } from '../core/canonicalise.ts'
import type { JsonObject } from '../core/json.ts'
import type { MappingTable } from '../core/mapping-table.ts'
import { signatureTimestamp, signedHeaders } from '../core/signature.ts'
import { deploy, loadTable, readFunction } from './built.ts'
import { type Compared, type Contender, compare } from './measure.ts'
import { createMessageTexts, type MessageSet, type MessageTexts } from './messages.ts'
import type { PartOptions, PartResult, Row } from './result.ts'

const MARK = 2.5
const SIZES = [1, 20, 400]
const SETS: readonly MessageSet[] = ['order', 'mix']
/** A few milliseconds: shorter than most disturbances, so that a round is either clean or lost to the median. */
const EVENTS_A_ROUND = 200
const SEED = 20_261_122

export const ACCOUNT = 'acct_live_123'
export const ENVIRONMENT = 'production'
export const SECRET = 'b7c2a9d4e1f80615b7c2a9d4e1f80615b7c2a9d4e1f80615b7c2a9d4e1f80615'
const SETTINGS = {
  storeUrl: 'https://tracklayer.example.com',
  account: ACCOUNT,
  environment: ENVIRONMENT,
  secret: SECRET,
}

export async function benchCanonicalise({ progress }: PartOptions): Promise<PartResult> {
  const table = loadTable()
  const rows: Row[] = []
  const sizes: string[] = []
  for (const set of SETS) {
    const texts = createMessageTexts(set, SEED)
    sizes.push(`${set}: ${texts.meanBytes} bytes a message`)
    for (const size of SIZES) {
      progress(`canonicalise: ${set}, batches of ${size}`)
      const compared = await compareBatches(texts, size, table)
      rows.push(...compared.map((one) => rowOf(one, set, size)))
    }
  }
  return {
    name: 'canonicalise',
    title: 'Canonicalise, serialise, sign; raw message and canonical event in the body',
    rows,
    notes: [
      sizes.join('; '),
      'ratio: beside JSON.stringify and HMAC of the same raw messages, round by round',
      'bundle: the whole onBatch call in a vm context, answer read, POST answered at once',
    ],
  }
}

function rowOf({ name, time, ratio }: Compared, set: MessageSet, size: number): Row {
  const what = `${set} x${size}: ${name}`
  if (name === BASELINE) return { what, value: time, unit: 'µs/event' }
  const row = { what, value: time, unit: 'µs/event', ratio }
  if (name !== CORE || set !== 'order' || size !== 20) return row
  return { ...row, mark: { want: `≤ ${MARK}x`, isMet: ratio.median <= MARK } }
}

const BASELINE = 'JSON.stringify + HMAC'
const CORE = 'core'

async function compareBatches(
  texts: MessageTexts,
  size: number,
  table: MappingTable,
): Promise<Compared[]> {
  const parsed = () => texts.take(size).map((text) => JSON.parse(text) as JsonObject)
  const bundle = readFunction('destination')
  return compare(
    [
      { name: BASELINE, prepare: parsed, run: serialiseAndSign },
      {
        name: CORE,
        prepare: parsed,
        run: (messages: JsonObject[]) => signedBatch(messages, table),
      },
      deployed('bundle', bundle, texts, size),
    ],
    {
      rounds: size > EVENTS_A_ROUND ? 60 : 100,
      warmUpRounds: 20,
      runsPerRound: Math.max(1, Math.round(EVENTS_A_ROUND / size)),
      eventsPerRun: size,
    },
  )
}

function deployed(name: string, source: string, texts: MessageTexts, size: number): Contender {
  const { onBatch, parse } = deploy(source, size)
  return {
    name,
    prepare: () => texts.take(size).map((text) => parse(text)),
    run: (messages: unknown[]) => onBatch(messages, SETTINGS),
  }
}

/** The least that any signed batch costs. */
export function serialiseAndSign(messages: readonly unknown[]): string {
  const body = JSON.stringify({ batch: messages })
  const content = `${signatureTimestamp(Date.now())}.${ACCOUNT}.${ENVIRONMENT}.${body}`
  return createHmac('sha256', SECRET).update(content).digest('hex')
}

/** As functions/destination does, without the host around it. */
export function signedBatch(
  messages: readonly JsonObject[],
  table: MappingTable,
): { body: string; headers: Record<string, string> } {
  const body = JSON.stringify({ batch: messages.map((message) => canonicalise(message, table)) })
  const timestamp = signatureTimestamp(Date.now())
  const content = { timestamp, account: ACCOUNT, environment: ENVIRONMENT, body }
  return { body, headers: signedHeaders([SECRET], content) }
}
