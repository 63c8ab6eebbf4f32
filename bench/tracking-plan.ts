// What the tracking plan costs inside Segment: time a valid event, bytes of the insert function for 50 events.
import { cpSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { buildFunctions } from '../build/functions.ts'
import { readPlan } from '../build/mappings.ts'
import type { PlanSource } from '../core/tracking-plan/schema.ts'
import type { TrackingPlan } from '../core/tracking-plan/violation.ts'
import { ROOT } from './built.ts'
import { compare } from './measure.ts'
import { createChance } from './random.ts'
import { exactly, type PartOptions, type PartResult, type Row } from './result.ts'
import { createShop } from './samples.ts'

const MARK_US = 1
const MARK_KB = 20
const EVENTS = 50
/** A fraction of a millisecond: shorter than most disturbances. */
const MESSAGES = 200
const SEED = 20_261_122

export async function benchTrackingPlan({ progress }: PartOptions): Promise<PartResult> {
  progress('tracking plan: time and size')
  return {
    name: 'plan',
    title: 'Tracking plan: the sample plan of mappings/, compiled',
    rows: [...(await times()), await growth()],
    notes: [
      'time: check() of a valid message of the shop; an order has three or four products, each checked',
      `growth: insert.js with the sample plan filled up to ${EVENTS} events, less insert.js with an empty plan`,
    ],
  }
}

async function times(): Promise<Row[]> {
  const plan: TrackingPlan = require(
    path.join(ROOT, 'dist', 'mappings', 'tracking-plan.js'),
  ).default
  const shop = createShop(createChance(SEED))
  const kinds = ['order', 'view', 'add'] as const
  const contenders = kinds.map((kind) => {
    const texts = Array.from({ length: MESSAGES }, () =>
      JSON.stringify(validOrder(shop.message(kind))),
    )
    const broken = texts
      .map((text) => plan.check(JSON.parse(text)))
      .find((verdict) => verdict !== null)
    if (broken) throw new Error(`A sample breaks the plan: ${broken.violations[0]?.description}`)
    return {
      name: kind,
      prepare: () => texts.map((text) => JSON.parse(text)),
      run: (messages: Parameters<TrackingPlan['check']>[0][]) => {
        for (const message of messages) plan.check(message)
      },
    }
  })
  const compared = await compare(contenders, {
    rounds: 400,
    warmUpRounds: 200,
    runsPerRound: 1,
    eventsPerRun: MESSAGES,
  })
  return compared.map(({ name, time }) => ({
    what: `valid event: ${name}`,
    value: time,
    unit: 'µs/event',
    mark: { want: `≤ ${MARK_US} µs`, isMet: time.median <= MARK_US },
  }))
}

// The shop counts its orders from six digits; the sample plan wants five.
function validOrder(message: ReturnType<ReturnType<typeof createShop>['message']>) {
  const { properties } = message as { properties?: { order_id?: string } }
  const id = properties?.order_id
  return id
    ? { ...message, properties: { ...properties, order_id: `ORD-${id.slice(-5)}` } }
    : message
}

async function growth(): Promise<Row> {
  const sample = readPlan(path.join(ROOT, 'mappings'))
  const bytes =
    (await insertBytes(filled(sample))) - (await insertBytes({ ...sample, events: [], calls: [] }))
  return {
    what: `growth of insert.js for ${EVENTS} events`,
    value: exactly(bytes),
    unit: 'bytes',
    mark: { want: `< ${MARK_KB} KB`, isMet: bytes < MARK_KB * 1024 },
  }
}

// Orders again, under other names: the largest of the sample, so that the rest of fifty is not made of small ones.
function filled(sample: PlanSource): PlanSource {
  const orders = sample.events.filter(({ event }) => event.startsWith('Order '))
  const missing = Array.from({ length: Math.max(0, EVENTS - sample.events.length) }, (_, nth) => {
    const row = orders[nth % orders.length] as PlanSource['events'][number]
    return {
      ...row,
      event: `${row.event} Again ${nth}`,
      properties: {
        ...row.properties,
        [`own_${nth}`]: { type: 'string' as const, required: true },
      },
    }
  })
  return { ...sample, events: [...sample.events, ...missing] }
}

async function insertBytes(plan: PlanSource): Promise<number> {
  const folder = mkdtempSync(path.join(tmpdir(), 'tracklayer-bench-plan-'))
  try {
    const mappingsDir = path.join(folder, 'mappings')
    cpSync(path.join(ROOT, 'mappings'), mappingsDir, { recursive: true })
    // JSON is YAML.
    writeFileSync(path.join(mappingsDir, 'tracking-plan.yaml'), JSON.stringify(plan))
    await buildFunctions({ root: ROOT, mappingsDir, outDir: folder })
    return statSync(path.join(folder, 'functions', 'insert.js')).size
  } finally {
    rmSync(folder, { recursive: true })
  }
}
