// The source function: what is signed by the store is emitted, whatever else comes is refused with one and the same word.
import { readFileSync, writeFileSync } from 'node:fs'
import type { CanonicalEvent } from '../../core/canonical-event.ts'
import { canonicalJson } from '../../core/canonical-json.ts'
import type { JsonObject } from '../../core/json.ts'
import { returnMessage, returnMessageId } from '../../core/return-message.ts'
import { signatureTimestamp, signedHeaders } from '../../core/signature.ts'
import type { SourceFunctionSetup, WorkspaceOptions } from '../../workspace/workspace.ts'
import { openBundleRealm } from '../support/bundle-realm.ts'
import {
  ACCOUNT,
  BUNDLES,
  ENVIRONMENT,
  functionFile,
  RETURN_SECRET,
  type Stage,
  useFunctionStage,
} from '../support/function-stage.ts'

const stage = useFunctionStage()

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const REFUSAL =
  'Message Rejected: Request is not signed by the store of this account and environment'

const CONFIRMED: CanonicalEvent = {
  segment_event: 'Order Completed',
  tracklayer_event: 'purchase',
  message_id: 'm1',
  occurred_at: '2026-01-15T08:59:00.000Z',
  canonical_user_id: 'cust_1',
  anonymous_id: 'anon_1',
  user: {},
  consent: null,
  context: {},
  properties: {
    event_id: 'seg_m1',
    order_id: 'o-1',
    value: 129.95,
    currency: 'EUR',
    items: ['SKU-2', 'SKU-1'],
    line_items: [{ quantity: 1, item_id: 'SKU-2', name: 'Zoë „Straße" 日本 😀' }],
    // Keys in no order, and such as sort differently as numbers, in ASCII and beyond.
    odd: {
      b: 1,
      a: { z: null, y: [{ d: 1, c: 0, B: 1e21 }] },
      10: 'x',
      9: 'y',
      é: 1,
      '😀': 2,
      '\ufb01': 3,
    },
  },
  mapping_version: '1',
}

function conversion(canonical = CONFIRMED, canonicalUserId: string | null = 'cust_1'): JsonObject {
  const message = returnMessage(canonical, {
    event: 'Purchase Confirmed',
    environment: ENVIRONMENT,
    canonicalUserId,
    integrations: { 'Facebook Conversions API': false },
  })
  if (!message) throw new Error('no id to attach it to')
  return message
}

const computedTrait: JsonObject = {
  type: 'identify',
  messageId: 'tracklayer_trait_1',
  userId: 'cust_1',
  traits: { lifetime_value: 200.5 },
  context: { tracklayer: { origin: 'tracklayer', environment: ENVIRONMENT } },
}

interface Signing {
  readonly account?: string
  readonly environment?: string
  readonly secrets?: readonly string[]
  readonly timestamp?: string
}

function signed(stage: Stage, body: string, signing: Signing = {}): Record<string, string> {
  const timestamp = signing.timestamp ?? signatureTimestamp(stage.clock.now())
  const { account = ACCOUNT, environment = ENVIRONMENT, secrets = [RETURN_SECRET] } = signing
  return signedHeaders(secrets, { timestamp, account, environment, body })
}

function post(
  { workspace }: Stage,
  body: string,
  headers: Readonly<Record<string, string>>,
): Promise<Response> {
  return Promise.resolve(
    workspace.app.request('/functions/return', {
      method: 'POST',
      body,
      headers: { 'Content-Type': 'application/json', ...headers },
    }),
  )
}

async function withSource(
  setup: Partial<SourceFunctionSetup> = {},
  options: Partial<WorkspaceOptions> = {},
): Promise<Stage> {
  const started = await stage(options)
  await started.addSource(setup)
  return started
}

const batchOf = (...messages: readonly unknown[]) => canonicalJson({ batch: messages })
const BODY = batchOf(conversion(), computedTrait)

describe('what the store signed', () => {
  test.each([
    { host: 'deployed, with its keys sorted', tester: false },
    { host: 'the tester, with its keys as sent', tester: true },
  ])('is emitted on a host that is $host', async ({ tester }) => {
    const started = await withSource({ tester })
    // The signature is over the canonical text; on its way the body may be written in any other.
    const body = JSON.stringify({ batch: [conversion(), computedTrait] }, null, 2)
    expect(body).not.toBe(BODY)
    const answer = await post(started, body, signed(started, BODY))
    expect(answer.status).toBe(200)
    expect(started.routed).toMatchObject([conversion(), computedTrait])
  })

  test('has the ids, the context and the instant of the conversion', async () => {
    const started = await withSource()
    await post(started, BODY, signed(started, BODY))
    const [track, identify] = started.routed
    expect(track).toMatchObject({
      type: 'track',
      event: 'Purchase Confirmed',
      messageId: returnMessageId(ENVIRONMENT, 'purchase', 'seg_m1'),
      userId: 'cust_1',
      anonymousId: 'anon_1',
      timestamp: '2026-01-15T08:59:00.000Z',
      properties: { ...CONFIRMED.properties, tracklayer_event: 'purchase' },
      context: { tracklayer: { origin: 'tracklayer', environment: ENVIRONMENT } },
      integrations: { 'Facebook Conversions API': false },
    })
    expect(identify).toMatchObject({
      type: 'identify',
      messageId: 'tracklayer_trait_1',
      userId: 'cust_1',
      traits: { lifetime_value: 200.5 },
      context: { tracklayer: { origin: 'tracklayer', environment: ENVIRONMENT } },
    })
  })

  test('may come twice: the message id is the same', async () => {
    const started = await withSource()
    await post(started, BODY, signed(started, BODY))
    await started.clock.advance(10 * MINUTE)
    await post(started, BODY, signed(started, BODY))
    const ids = started.routed.map(({ messageId }) => messageId)
    expect(ids).toHaveLength(4)
    expect(new Set(ids).size).toBe(2)
  })

  test('may be about someone still anonymous', async () => {
    const started = await withSource()
    const body = batchOf(conversion(CONFIRMED, null))
    await post(started, body, signed(started, body))
    expect(started.routed).toMatchObject([{ anonymousId: 'anon_1' }])
    expect(started.routed[0]).not.toHaveProperty('userId')
  })

  test('comes over HTTP, in an empty batch too', async () => {
    const started = await withSource()
    const { url } = await started.workspace.listen({ port: 0 })
    for (const body of [BODY, batchOf()]) {
      const answer = await fetch(`${url}/functions/return`, {
        method: 'POST',
        body,
        headers: { 'Content-Type': 'application/json', ...signed(started, body) },
      })
      expect(answer.status).toBe(200)
    }
    expect(started.workspace.requests().map(({ emitted }) => emitted)).toEqual([2, 0])
  })

  test('may carry the signatures of two secrets while one follows the other', async () => {
    const started = await withSource()
    const headers = signed(started, BODY, { secrets: ['a-secret-of-before', RETURN_SECRET] })
    expect((await post(started, BODY, headers)).status).toBe(200)
    expect(started.routed).toHaveLength(2)
  })

  test('passes blanks around a setting, as pasting leaves them', async () => {
    const settings = {
      account: `${ACCOUNT} `,
      environment: ` ${ENVIRONMENT}`,
      secret: `${RETURN_SECRET}\n`,
    }
    const started = await withSource({ settings })
    expect((await post(started, BODY, signed(started, BODY))).status).toBe(200)
    expect(started.routed).toHaveLength(2)
  })
})

interface Forgery {
  readonly name: string
  readonly body?: string
  readonly headers?: (genuine: Record<string, string>) => Record<string, string>
  readonly signing?: Signing
}

/** Posts them one after the other to one function, and expects of each the same as of the others. */
async function expectRefused(forgeries: readonly Forgery[], setup?: Partial<SourceFunctionSetup>) {
  const started = await withSource(setup)
  const answers = new Map<string, unknown>()
  for (const {
    name,
    body = BODY,
    headers = (genuine: Record<string, string>) => genuine,
    signing,
  } of forgeries) {
    const { status } = await post(started, body, headers(signed(started, BODY, signing)))
    const record = started.workspace.requests().at(-1)
    answers.set(name, [status, record?.status, record?.attempts, record?.reason])
  }
  expect(Object.fromEntries(answers)).toEqual(
    Object.fromEntries(forgeries.map(({ name }) => [name, [400, 'discarded', 1, REFUSAL]])),
  )
  expect(started.workspace.requests()).toHaveLength(forgeries.length)
  expect(started.routed).toEqual([])
}

describe('what is not signed so is refused, always with the same reason', () => {
  const names = ['Account', 'Environment', 'Timestamp', 'Signature'].map(
    (name) => `X-TrackLayer-${name}`,
  )

  test('without one of the headers, or without all', async () => {
    await expectRefused([
      { name: 'all', headers: () => ({}) },
      ...names.map((name) => ({
        name,
        headers: ({ [name]: _, ...others }: Record<string, string>) => others,
      })),
    ])
  })

  test('with a header that is wrong', async () => {
    await expectRefused(
      names.flatMap((name) =>
        ['', 'other', 'null', 'undefined', `sha256=${'0'.repeat(64)}`].map((value) => ({
          name: `${name}: ${value}`,
          headers: (genuine: Record<string, string>) => ({ ...genuine, [name]: value }),
        })),
      ),
    )
  })

  test('by or for another', async () => {
    await expectRefused([
      { name: 'account', signing: { account: 'acct_other' } },
      { name: 'environment', signing: { environment: 'staging' } },
      { name: 'secret', signing: { secrets: ['a-secret-of-another'] } },
      { name: 'no secret', signing: { secrets: [''] } },
      { name: 'no signature', signing: { secrets: [] } },
      { name: 'a timestamp that is none', signing: { timestamp: 'yesterday' } },
    ])
  })

  test('with anything in it changed', async () => {
    const changes = [
      ['129.95', '129.96'],
      ['"userId":"cust_1"', '"userId":"cust_2"'],
      ['"currency"', '"Currency"'],
      ['"SKU-2","SKU-1"', '"SKU-1","SKU-2"'],
      ['200.5', '"200.5"'],
      ['{"batch":', '{"also":1,"batch":'],
    ] as const
    for (const [from, to] of changes) expect(BODY.replace(from, to)).not.toBe(BODY)
    await expectRefused(
      changes.map(([from, to]) => ({ name: `${from} → ${to}`, body: BODY.replace(from, to) })),
    )
  })

  test('signed over other text than the canonical one', async () => {
    const body = JSON.stringify({ batch: [conversion()] }, null, 2)
    const headers = ({ 'X-TrackLayer-Timestamp': timestamp = '' }) =>
      signedHeaders([RETURN_SECRET], {
        timestamp,
        account: ACCOUNT,
        environment: ENVIRONMENT,
        body,
      })
    await expectRefused([{ name: 'indented', body, headers }], { tester: true })
  })

  test('signed longer ago than the tolerance, or as far ahead', async () => {
    const at = (offset: number) => ({
      timestamp: signatureTimestamp(Date.parse('2026-01-15T09:00:00Z') + offset),
    })
    await expectRefused([
      { name: 'long ago', signing: at(-(2 * HOUR + MINUTE)) },
      { name: 'ahead', signing: at(2 * HOUR + MINUTE) },
    ])
  })

  test.each(['account', 'environment', 'secret'])('by a function without its %s', async (name) => {
    const signing = name === 'secret' ? { secrets: [''] } : { [name]: '' }
    await expectRefused([{ name, signing }], { settings: { [name]: '' } })
  })

  test('even when its body is no batch, or no JSON', async () => {
    await expectRefused(
      ['{"batch":', 'hello', '7', 'null', '[]', '{}', ''].map((body) => ({ name: body, body })),
    )
  })

  test('even when its body is nested more deeply than can be read', async () => {
    const text = `{"batch":${'['.repeat(15_000)}${']'.repeat(15_000)}}`
    const request = { headers: {}, search: '', body: { kind: 'object', text } } as const
    const settings = { account: ACCOUNT, environment: ENVIRONMENT, secret: RETURN_SECRET }
    const outcome = await openBundleRealm('source').request(request, JSON.stringify(settings))
    expect(outcome).toMatchObject({ kind: 'threw', error: { name: 'ValidationError' } })
  })
})

describe('time', () => {
  test('the same request is good for two hours, the host’s retries and the store’s', async () => {
    const started = await withSource()
    const headers = signed(started, BODY)
    for (let minutes = 0; minutes < 120; minutes += 40) {
      expect((await post(started, BODY, headers)).status).toBe(200)
      await started.clock.advance(40 * MINUTE)
    }
    await started.clock.advance(MINUTE)
    expect((await post(started, BODY, headers)).status).toBe(400)
    expect(started.workspace.requests().map(({ emitted }) => emitted)).toEqual([2, 2, 2, 0])
  })

  test('what the host tries again, with the headers it came with, is emitted once it works', async () => {
    const file = functionFile('later.js', 'function onRequest() { throw new RetryError("later") }')
    const started = await stage()
    const handle = await started.workspace.addSourceFunction({
      name: 'return',
      file,
      settings: { account: ACCOUNT, environment: ENVIRONMENT, secret: RETURN_SECRET },
    })
    await post(started, BODY, signed(started, BODY))
    await started.clock.advance(15 * MINUTE)
    expect(started.workspace.requests()).toMatchObject([{ status: 'retrying', emitted: 0 }])
    writeFileSync(file, readFileSync(BUNDLES.source))
    await handle.deploy()
    await started.clock.runUntilIdle()
    const [request] = started.workspace.requests()
    expect(request).toMatchObject({ status: 'succeeded', emitted: 2 })
    expect(request?.attempts).toBeGreaterThan(3)
  })

  test('the last of the host’s six attempts is still within tolerance', async () => {
    const file = functionFile('last.js', 'function onRequest() { throw new RetryError("later") }')
    // The longest waits that the schedule allows.
    const started = await stage({ random: () => 0.999 })
    const handle = await started.workspace.addSourceFunction({
      name: 'return',
      file,
      settings: { account: ACCOUNT, environment: ENVIRONMENT, secret: RETURN_SECRET },
    })
    await post(started, BODY, signed(started, BODY))
    while (started.workspace.requests()[0]?.attempts !== 5) await started.clock.advance(MINUTE)
    writeFileSync(file, readFileSync(BUNDLES.source))
    await handle.deploy()
    await started.clock.runUntilIdle()
    expect(started.workspace.requests()).toMatchObject([
      { status: 'succeeded', attempts: 6, emitted: 2 },
    ])
  })
})

describe('a signed batch with one bad message emits nothing of it, then or later', () => {
  const { event: _event, ...noEvent } = conversion()
  const { userId: _user, anonymousId: _anonymous, ...noId } = conversion()

  test.each<{ name: string; bad: unknown; reason: string }>([
    { name: 'no object', bad: 'track', reason: 'A message of the batch is no object' },
    { name: 'null', bad: null, reason: 'A message of the batch is no object' },
    { name: 'a list', bad: [], reason: 'A message of the batch is no object' },
    { name: 'no type', bad: { userId: 'u' }, reason: 'A message is neither track nor identify' },
    {
      name: 'another type',
      bad: { type: 'group', userId: 'u', groupId: 'g' },
      reason: 'A message is neither track nor identify',
    },
    { name: 'no id', bad: noId, reason: 'A message has neither userId nor anonymousId' },
    {
      name: 'an empty id',
      bad: { ...noId, userId: '' },
      reason: 'A message has neither userId nor anonymousId',
    },
    { name: 'a track without a name', bad: noEvent, reason: 'A track message has no event' },
    {
      name: 'a track with an empty name',
      bad: { ...noEvent, event: '' },
      reason: 'A track message has no event',
    },
  ])('$name', async ({ bad, reason }) => {
    // What a run had emitted before it threw is sent by the next one in the published shim (segment.md 1.7).
    const started = await withSource({}, { switches: { bufferAfterThrow: 'keep' } })
    const body = batchOf(conversion(), bad, computedTrait)
    expect((await post(started, body, signed(started, body))).status).toBe(400)
    expect(started.workspace.requests()).toMatchObject([
      { status: 'discarded', emitted: 0, reason: `Message Rejected: ${reason}` },
    ])
    const next = batchOf(computedTrait)
    expect((await post(started, next, signed(started, next))).status).toBe(200)
    expect(started.routed.map(({ messageId }) => messageId)).toEqual(['tracklayer_trait_1'])
  })

  test.each([{}, { batch: {} }, { batch: null }, []])('%j has no batch', async (value) => {
    const started = await withSource()
    const body = canonicalJson(value)
    expect((await post(started, body, signed(started, body))).status).toBe(400)
    expect(started.workspace.requests()[0]?.reason).toBe(
      'Message Rejected: Body has no "batch" list',
    )
  })
})

test('what comes back is filtered by the destination function of its source: nothing goes round', async () => {
  const started = await withSource()
  await started.addDestination({ sources: ['shop', 'return'] })
  const unmarked = { type: 'track', event: 'Other', userId: 'u', messageId: 'unmarked' }
  const body = batchOf(conversion(), unmarked, computedTrait)
  await post(started, body, signed(started, body))
  await started.workspace.drain()
  expect(started.routed).toHaveLength(3)
  expect(started.statuses()).toEqual(['delivered', 'delivered', 'delivered'])
  const sent = started.store.requests.map((request) => JSON.parse(request.body.toString()).batch)
  expect(sent).toMatchObject([[{ message: { messageId: 'unmarked' } }]])
})
