// The shop's audiences, as Segment Engage states them: who enters and leaves follows from a shopper's number and from what
// they do, so that it is the same for every run of a seed and draws nothing of the shop's own chance.
import type { Clock } from '../../core/clock.ts'
import type { Shopper } from './catalogue.ts'
import type { ShopMoment } from './shop.ts'

/** What is true of one audience at the end of a run. */
export interface AudienceTruth {
  /** User ids, or anonymous ids of visitors. */
  readonly members: ReadonlySet<string>
  /** Ids of the orders that were placed by members. */
  readonly orders: ReadonlySet<string>
  /** Currency → what those orders came to, in cents. */
  readonly cents: ReadonlyMap<string, number>
}

export interface EngageOptions {
  /** Part of every id, so that two runs never share one. */
  readonly run: string
  readonly clock: Clock
  readonly send: (call: 'identify' | 'track', message: Record<string, unknown>) => void
}

type Audience = 'vip' | 'abandoned_cart'
const AUDIENCES = ['vip', 'abandoned_cart'] as const
const MINUTE_MS = 60_000

export function createEngage({ run, clock, send }: EngageOptions) {
  const truth = new Map(AUDIENCES.map((audience) => [audience, openTruth()] as const))
  const of = (audience: Audience) => truth.get(audience) as ReturnType<typeof openTruth>
  let stated = 0

  function state(audience: Audience, who: string, isMember: boolean, offsetMs: number): void {
    const { members } = of(audience)
    if (isMember) members.add(who)
    else members.delete(who)
    const message = {
      messageId: `personas_${run}_${++stated}`,
      ...(who.startsWith('anon-') ? { anonymousId: who } : { userId: who }),
      timestamp: new Date(clock.now() + offsetMs),
      context: { personas: personasOf(audience) },
    }
    // Engage sends an audience as an identify or as a track, as its connection is set.
    if (audience === 'vip') send('identify', { ...message, traits: { vip: isMember } })
    else {
      const event = isMember ? 'Audience Entered' : 'Audience Exited'
      const properties = { audience_key: audience, [audience]: isMember }
      send('track', { ...message, event, properties })
    }
  }

  return {
    /** What was computed before the visit: customers of long standing, and baskets of last week. */
    before({ number, userId }: Shopper): ShopMoment[] {
      if (number % 4 === 1) state('abandoned_cart', userId, true, -60 * MINUTE_MS)
      if (number % 6 !== 0) return []
      state('vip', userId, true, -30 * MINUTE_MS)
      const entered = { kind: 'entered', id: `vip ${userId}` } as const
      if (number % 18 !== 0) return [entered]
      state('vip', userId, false, -10 * MINUTE_MS)
      return [entered, { kind: 'left', id: `vip ${userId}` }]
    },
    abandoned({ anonymousId, userId }: Shopper, isKnown: boolean): void {
      const who = isKnown || of('abandoned_cart').members.has(userId) ? userId : anonymousId
      state('abandoned_cart', who, true, 1)
    },
    /** Whoever buys has no basket left: computed once the order is in. */
    ordered({ userId, currency }: Shopper, orderId: string, revenue: number): void {
      for (const audience of AUDIENCES) {
        const { members, orders, cents } = of(audience)
        if (!members.has(userId)) continue
        orders.add(orderId)
        cents.set(currency, (cents.get(currency) ?? 0) + Math.round(revenue * 100))
      }
      if (of('abandoned_cart').members.has(userId)) state('abandoned_cart', userId, false, 1)
    },
    truth: (): ReadonlyMap<string, AudienceTruth> => truth,
  }
}

function openTruth() {
  return {
    members: new Set<string>(),
    orders: new Set<string>(),
    cents: new Map<string, number>(),
  }
}

function personasOf(audience: Audience) {
  return {
    computation_class: 'audience',
    computation_id: `aud_${audience}`,
    computation_key: audience,
    namespace: 'spa_sample',
    space_id: 'spa_sample',
  }
}
