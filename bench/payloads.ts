// A canonical order → the body of Meta's request, hashes included: ours, from mappings/destinations/meta.yaml; as
// somebody writes it by hand for one site; and with the published package.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parse } from 'yaml'
import type { CanonicalEvent } from '../core/canonical-event.ts'
import { canonicalise } from '../core/canonicalise.ts'
import type { JsonObject } from '../core/json.ts'
import { compileMapping } from '../core/mapping-kit/compile-mapping.ts'
import { buildMetaEvent } from '../destinations/meta-conversions/build-event.ts'
import type { Payload } from '../destinations/meta-conversions/send-event/generated-types.ts'
import { loadTable, ROOT } from './built.ts'
import { buildByHand } from './hand-written-builder.ts'
import { type Compared, compare } from './measure.ts'
import { createMessageTexts } from './messages.ts'
import { createPackageAction } from './package-action.ts'
import type { PartOptions, PartResult, Row } from './result.ts'

const MOST_BY_HAND = 1.5
const LEAST_OF_PACKAGE = 8
const BATCH = 20
const SEED = 20_261_125

const BY_HAND = 'written by hand for one site'
const PACKAGE = 'package, executeAction'

export async function benchPayloads({ progress }: PartOptions): Promise<PartResult> {
  progress('payloads: ours, by hand, package')
  const texts = createMessageTexts('order', SEED)
  const table = loadTable()
  const map = compileOrderMapping()
  const runPackage = createPackageAction()
  const parsed = () => texts.take(BATCH).map((text) => JSON.parse(text) as JsonObject)
  // As delivery reads them from the database: parsed text, each string new.
  const canonical = () =>
    parsed().map((message) =>
      JSON.parse(JSON.stringify(canonicalise(message, table).canonical)),
    ) as CanonicalEvent[]
  const compared = await compare(
    [
      {
        name: 'TrackLayer',
        prepare: canonical,
        run: (events: CanonicalEvent[]) => requestBody(events.map((event) => ours(map, event))),
      },
      {
        name: BY_HAND,
        prepare: canonical,
        run: (events: CanonicalEvent[]) =>
          requestBody(events.map((event) => buildByHand(event, 'Purchase'))),
      },
      {
        name: PACKAGE,
        prepare: parsed,
        run: async (messages: JsonObject[]) => {
          for (const message of messages) requestBody([await runPackage(message)])
        },
      },
    ],
    { rounds: 40, warmUpRounds: 15, runsPerRound: 8, eventsPerRun: BATCH },
  )
  return {
    name: 'payloads',
    title: `Canonical order → Meta's request body with hashes, in batches of ${BATCH}`,
    rows: compared.map((part) => rowOf(part)),
    notes: [
      'ratio: their time by ours, round by round',
      'the package maps and validates with its own defaults and has no batches; its network is replaced by an instant answer',
    ],
  }
}

const requestBody = (data: readonly unknown[]): string => JSON.stringify({ data })

interface MetaFile {
  readonly mapping: JsonObject
  readonly subscriptions: readonly { readonly name: string; readonly mapping: JsonObject }[]
}

function compileOrderMapping(): (event: JsonObject) => JsonObject {
  const file = path.join(ROOT, 'mappings', 'destinations', 'meta.yaml')
  const { mapping, subscriptions } = parse(readFileSync(file, 'utf8')) as MetaFile
  return compileMapping({
    ...mapping,
    ...subscriptions.find(({ name }) => name === 'Purchase')?.mapping,
  })
}

function ours(map: (event: JsonObject) => JsonObject, event: CanonicalEvent): unknown {
  const built = buildMetaEvent(map(event as unknown as JsonObject) as unknown as Payload)
  if (built.kind === 'invalid') throw new Error(built.reason)
  return built.event
}

function rowOf({ name, time, ratio }: Compared): Row {
  const row = { what: name, value: time, unit: 'µs/event' }
  if (name === BY_HAND) {
    const want = `≥ ${(1 / MOST_BY_HAND).toFixed(2)}x`
    return { ...row, ratio, mark: { want, isMet: ratio.median >= 1 / MOST_BY_HAND } }
  }
  if (name !== PACKAGE) return row
  const want = `≥ ${LEAST_OF_PACKAGE}x`
  return { ...row, ratio, mark: { want, isMet: ratio.median >= LEAST_OF_PACKAGE } }
}
