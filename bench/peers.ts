// The same work with published packages: Segment's mapping-kit, ajv, the RFC 8785 package.
import { createHmac } from 'node:crypto'
import { transform } from '@segment/actions-core'
import Ajv from 'ajv'
import canonicalize from 'canonicalize'
import type { JsonObject } from '../core/json.ts'
import { loadTable } from './built.ts'
import { SECRET, signedBatch } from './canonicalise.ts'
import { type Compared, compare } from './measure.ts'
import { createMessageTexts } from './messages.ts'
import { PEER_MAPPING, PEER_SCHEMA } from './peer-mapping.ts'
import type { PartOptions, PartResult, Row } from './result.ts'

const MARK = 6
const BATCH = 20
const SEED = 20_261_123

const OURS = 'TrackLayer core'
const SAME_BODY = 'packages, raw and mapped signed'
const MAPPED_ONLY = 'packages, mapped alone signed'

export async function benchPeers({ progress }: PartOptions): Promise<PartResult> {
  progress('peers: mapping-kit, ajv, canonicalize')
  const texts = createMessageTexts('order', SEED)
  const table = loadTable()
  const isValid = new Ajv().compile(PEER_SCHEMA)
  const parsed = () => texts.take(BATCH).map((text) => JSON.parse(text) as JsonObject)
  const mapped = (message: JsonObject) => {
    const payload = transform(PEER_MAPPING, message as Parameters<typeof transform>[1])
    if (!isValid(payload)) throw new Error(`The peers' payload is invalid: ${isValid.errors}`)
    return payload
  }
  const compared = await compare(
    [
      {
        name: OURS,
        prepare: parsed,
        run: (messages: JsonObject[]) => signedBatch(messages, table),
      },
      {
        name: SAME_BODY,
        prepare: parsed,
        run: (messages: JsonObject[]) =>
          signed(messages.map((message) => ({ message, canonical: mapped(message) }))),
      },
      {
        name: MAPPED_ONLY,
        prepare: parsed,
        run: (messages: JsonObject[]) => signed(messages.map(mapped)),
      },
    ],
    { rounds: 40, warmUpRounds: 10, runsPerRound: 10, eventsPerRun: BATCH },
  )
  return {
    name: 'peers',
    title: `Order event in batches of ${BATCH}, beside @segment/actions-core + ajv + canonicalize`,
    rows: compared.map(rowOf),
    notes: [
      `${Object.keys(PEER_MAPPING).length} mapped fields; ratio: beside ours, round by round`,
      "the mark is on the same body; ours always signs the raw message too, the last row's body does not hold it",
    ],
  }
}

function rowOf({ name, time, ratio }: Compared): Row {
  const row = { what: name, value: time, unit: 'µs/event' }
  if (name === OURS) return row
  if (name !== SAME_BODY) return { ...row, ratio }
  return { ...row, ratio, mark: { want: `≥ ${MARK}x`, isMet: ratio.median >= MARK } }
}

function signed(batch: readonly unknown[]): string {
  const body = canonicalize({ batch }) ?? ''
  return createHmac('sha256', SECRET).update(body).digest('hex')
}
