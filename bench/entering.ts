// A large audience is taken in: how fast beside orders, round by round, and what it does to the memory of the store.
import pg from 'pg'
import type { JsonObject } from '../core/json.ts'
import { loadTable } from './built.ts'
import { memberMessage } from './data-sets/audience.ts'
import { createPoster, makeBodies, runRound } from './load.ts'
import { residentMbOf } from './machine.ts'
import { spreadOf } from './measure.ts'
import { createChance } from './random.ts'
import { exactly, type Row } from './result.ts'
import { createShop, type Shop } from './samples.ts'
import type { RunningStore } from './store-process.ts'

const MEMBERS = 100_000
const ROUNDS = 10
const BATCH = 400
const WRITERS = 4
const MEMBER_BATCHES = MEMBERS / BATCH / ROUNDS
const ORDER_BATCHES = 3
/** Until the JIT compiler has done its work, which takes memory, too. */
const WARM_UP_ORDER_BATCHES = 25
const MOST_GROWTH_MB = 250
const SEED = 20_261_126

export async function enterAudience(
  { url, pid, postgres }: RunningStore,
  progress: (line: string) => void,
): Promise<Row[]> {
  const table = loadTable()
  const poster = createPoster(url, WRITERS)
  let highest = 0
  const send = async (shop: Shop, batches: number): Promise<number> => {
    const bodies = makeBodies(shop, table, { batches, batchSize: BATCH })
    const { seconds } = await runRound(bodies, WRITERS, async (body) => {
      const answer = await poster.post(body)
      highest = Math.max(highest, residentMbOf(pid) ?? Number.NaN)
      return answer
    })
    return (batches * BATCH) / seconds
  }
  const shop: Shop = { ...createShop(createChance(SEED)), kind: () => 'order' }
  let entered = 0
  const members: Shop = { kind: () => 'identify', message: () => memberMessage(++entered) }
  const orderRates: number[] = []
  const memberRates: number[] = []
  try {
    await send(shop, WARM_UP_ORDER_BATCHES)
    const before = residentMbOf(pid) ?? Number.NaN
    highest = before
    for (let round = 1; round <= ROUNDS; round++) {
      orderRates.push(await send(shop, ORDER_BATCHES))
      memberRates.push(await send(members, MEMBER_BATCHES))
      progress(`pages: ${(round * MEMBERS) / ROUNDS} members have entered`)
    }
    await assertEntered(postgres.connection)
    return rowsOf(orderRates, memberRates, highest - before)
  } finally {
    poster.close()
  }
}

async function assertEntered(connection: pg.ClientConfig): Promise<void> {
  const client = new pg.Client(connection)
  await client.connect()
  const { rows } = await client.query<JsonObject>(
    'select count(*)::int as members from memberships where is_member',
  )
  await client.end()
  if (rows[0]?.members !== MEMBERS) throw new Error(`${rows[0]?.members} of ${MEMBERS} entered`)
}

function rowsOf(orders: readonly number[], members: readonly number[], growthMb: number): Row[] {
  const rows: Row[] = [
    { what: 'entering: orders, beside it', value: spreadOf(orders), unit: 'events/s' },
    {
      what: `entering: an audience of ${MEMBERS.toLocaleString('en-US')}`,
      value: spreadOf(members),
      unit: 'members/s',
      ratio: spreadOf(members.map((rate, round) => rate / (orders[round] ?? Number.NaN))),
    },
    {
      what: 'entering: growth of the store process',
      value: exactly(growthMb),
      unit: 'MB',
      mark: { want: `≤ ${MOST_GROWTH_MB} MB`, isMet: growthMb <= MOST_GROWTH_MB },
    },
  ]
  return rows.filter(({ value }) => !Number.isNaN(value.median))
}
