import {
  type AudienceChange,
  type AudienceReading,
  readAudienceChange,
} from '../../core/audience-change.ts'
import { canonicalise } from '../../core/canonicalise.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { corpusRows, corpusTitle, describeCorpus } from './support/corpus.ts'
import { table } from './support/table.ts'

const PERSONAS = {
  computation_class: 'audience',
  computation_id: 'aud_1',
  computation_key: 'vip',
  namespace: 'spa_1',
  space_id: 'spa_1',
}

function message(over: JsonObject, personas: JsonObject = {}): JsonObject {
  return {
    type: 'identify',
    messageId: 'personas_1',
    userId: 'u1',
    timestamp: '2026-04-23T10:15:30.000Z',
    context: { personas: { ...PERSONAS, ...personas } },
    ...over,
  }
}

function changeOf(raw: JsonObject): AudienceChange {
  const reading = readAudienceChange(raw)
  if (reading?.kind === 'change') return reading.change
  throw new Error(`want a change, got ${JSON.stringify(reading)}`)
}

const track = (over: JsonObject) => ({ type: 'track', event: 'Audience Entered', ...over })

describe('readAudienceChange()', () => {
  test('reads every field of an audience as identify', () => {
    const settings = { list: 'x' }
    const raw = message(
      { anonymousId: 'a1', traits: { vip: true, email: 'Jane@Example.com' } },
      { external_audience_id: '9881', audience_settings: settings },
    )
    expect(readAudienceChange(raw)).toEqual({
      kind: 'change',
      change: {
        computationId: 'aud_1',
        computationKey: 'vip',
        audienceName: null,
        computationClass: 'audience',
        spaceId: 'spa_1',
        externalAudienceId: '9881',
        settings,
        isMember: true,
        computedAt: '2026-04-23T10:15:30.000Z',
        identifiers: [
          { type: 'user_id', value: 'u1' },
          { type: 'anonymous_id', value: 'a1' },
          { type: 'email', value: 'jane@example.com' },
        ],
      },
    })
  })

  const journey = { computation_class: 'journey_step' }
  test.each<{ name: string; raw: JsonObject; isMember: boolean; key?: string }>([
    { name: 'an identify', raw: message({ traits: { vip: false } }), isMember: false },
    { name: 'a track', raw: message(track({ properties: { vip: true } })), isMember: true },
    {
      name: 'an exit under any name of event',
      raw: message(track({ event: 'Bye', properties: { vip: false } })),
      isMember: false,
    },
    {
      name: 'a value that says otherwise than the event',
      raw: message(track({ event: 'Audience Exited', properties: { vip: true } })),
      isMember: true,
    },
    {
      name: 'text, as journeys v1 send',
      raw: message({ traits: { vip: 'true' } }),
      isMember: true,
    },
    { name: 'text in odd case', raw: message({ traits: { vip: ' False' } }), isMember: false },
    {
      name: 'a key that is not the computation key',
      raw: message(track({ properties: { audience_key: 'recent', recent: true } })),
      isMember: true,
    },
    {
      name: 'no value: the event says it',
      raw: message(track({ event: 'Audience Exited', properties: {} })),
      isMember: false,
    },
    {
      name: 'journeys v2, which send no value',
      raw: message(
        track({ event: 'Order Completed', properties: { journey_context: {} } }),
        journey,
      ),
      isMember: true,
    },
    {
      name: 'journeys v2 with a value',
      raw: message(track({ properties: { vip: false } }), journey),
      isMember: false,
    },
    {
      name: 'an audience without class',
      raw: message({ traits: { vip: true } }, { computation_class: null }),
      isMember: true,
    },
    {
      name: 'the older name of the key',
      raw: message(track({ event: 'x', properties: { gold: true } }), {
        computation_key: null,
        audience_key: 'gold',
      }),
      isMember: true,
      key: 'gold',
    },
  ])('$name: $isMember', ({ raw, isMember, key = 'vip' }) => {
    expect(changeOf(raw)).toMatchObject({ isMember, computationKey: key })
  })

  test('of a track, `traits` of the envelope state nothing', () => {
    const raw = message(track({ event: 'x', properties: {}, traits: { vip: true } }))
    expect(readAudienceChange(raw)).toMatchObject({ kind: 'fault' })
  })

  test.each(['new', 'updated', 'deleted'])('reverse ETL row "%s"', (event) => {
    const raw = {
      type: 'track',
      event,
      userId: 'u1',
      properties: { __segment_id: 'r1', audience_key: 'vip', email: 'j@example.com' },
    }
    expect(changeOf(raw)).toMatchObject({
      computationClass: 'reverse_etl',
      computationKey: 'vip',
      isMember: event !== 'deleted',
      computedAt: null,
    })
    expect(readAudienceChange({ ...raw, properties: { __segment_id: 'r1' } })).toMatchObject({
      kind: 'fault',
    })
    expect(readAudienceChange({ ...raw, properties: {} })).toBeNull()
  })

  test.each(['trait', 'computed_trait'])(
    'class "%s" is a trait, even with a boolean value',
    (name) => {
      const personas = { computation_class: name, computation_id: 'tra_1' }
      const trait = { computationId: 'tra_1', name: 'vip', value: true }
      const asTrack = track({ properties: { trait_key: 'vip', vip: true } })
      expect(readAudienceChange(message({ traits: { vip: true } }, personas))).toEqual({
        kind: 'trait',
        trait,
      })
      expect(readAudienceChange(message(asTrack, personas))).toEqual({ kind: 'trait', trait })
    },
  )

  test.each<{ name: string; raw: JsonObject; reason: string }>([
    {
      name: 'no value',
      raw: message({ traits: { vip: 'perhaps' } }),
      reason: 'membership is not stated; want traits.vip as true or false',
    },
    {
      name: 'nobody',
      raw: message({ userId: null, traits: { vip: true } }),
      reason: 'nobody is named; want userId or anonymousId',
    },
    {
      name: 'no audience',
      raw: message({ traits: {} }, { computation_id: '', computation_key: null }),
      reason: 'no audience is named; want context.personas.computation_id or computation_key',
    },
    {
      name: 'an account',
      raw: message({ type: 'group', groupId: 'g1', traits: { vip: true } }),
      reason: "a group states no person's membership",
    },
    {
      name: 'a class of tomorrow',
      raw: message({ traits: { vip: true } }, { computation_class: 'cluster' }),
      reason: 'computation_class is not known; want audience, journey_step or computed_trait',
    },
    {
      name: 'a key of every object',
      raw: message({ traits: {} }, { computation_key: 'constructor' }),
      reason: 'membership is not stated; want traits.constructor as true or false',
    },
  ])('$name is a fault', ({ raw, reason }) => {
    expect(readAudienceChange(raw)).toEqual({ kind: 'fault', reason })
  })

  test.each<Json>([null, [], 'x', {}, { personas: [] }, { personas: {} }])(
    'context %j is about no audience',
    (context) => {
      expect(readAudienceChange({ type: 'delete', userId: 'u1', context })).toBeNull()
    },
  )

  test('takes identifiers from externalIds, each once', () => {
    const externalIds = [
      { id: 'J@Example.com', type: 'email' },
      { id: '+49151', type: 'phone' },
      { id: 'crm-1', type: 'crm_id' },
      { id: null, type: 'email' },
      'x',
    ]
    const raw = message({ traits: { vip: true, email: 'j@example.com' } })
    const context = { ...(raw.context as JsonObject), externalIds }
    expect(changeOf({ ...raw, context }).identifiers).toEqual([
      { type: 'user_id', value: 'u1' },
      { type: 'email', value: 'j@example.com' },
      { type: 'phone', value: '+49151' },
      { type: 'external_id', value: 'crm_id:crm-1' },
    ])
  })
})

interface Row {
  readonly member?: boolean | null
  readonly computation_class?: string | null
  readonly message: JsonObject
}

describeCorpus(corpusTitle('audience messages of others'), () => {
  test('membership is what its collector read, and a class Engage names is never passed over', () => {
    const outcomes: Record<AudienceReading['kind'] | 'none', number> = {
      change: 0,
      trait: 0,
      fault: 0,
      none: 0,
    }
    for (const { message: raw, member, computation_class } of corpusRows<Row>('audiences.ndjson')) {
      const reading = readAudienceChange(raw)
      outcomes[reading?.kind ?? 'none']++
      if (reading?.kind === 'change' && typeof member === 'boolean')
        expect(reading.change.isMember).toBe(member)
      if (computation_class) expect(reading).not.toBeNull()
      if (canonicalise(raw, table).kind === 'audience') expect(reading?.kind).not.toBe('trait')
    }
    expect(outcomes.change).toBeGreaterThan(150)
    // The other one has a placeholder of the documentation for its key.
    expect(outcomes.trait).toBeGreaterThan(0)
  })
})
