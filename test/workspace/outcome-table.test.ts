// Every row of the host's error table, for each kind of function.
import { realClock } from '../../cli/clock.ts'
import {
  type FunctionInput,
  type FunctionRun,
  openFunctionRun,
} from '../../workspace/function-run/function-run.ts'
import type { HostSwitches } from '../../workspace/host-switches.ts'
import type { FunctionKind } from '../../workspace/realm/realm-protocol.ts'
import { functionText, REALM_WORKER_FILE } from './start-workspace.ts'

const CODE = `
  function act(what) {
    if (what === 'TypeError') return undefined.field
    if (what === 'a text') throw 'why'
    if (what === 'nothing thrown is an object') throw null
    if (what === 'a name alone') throw Object.assign(new Error('why'), { name: 'RetryError' })
    if (what === 'a timeout') return new Promise(() => {})
    if (what === 'a failed fetch') return fetch('https://nobody.example.com/')
    if (what !== 'a return') throw new globalThis[what]('why')
  }`
const EVENTS = `${CODE}
  async function onTrack(event) { await act(event.properties.what); return event }`
const BATCH = `${EVENTS}
  async function onBatch(events) { await act(events[0].properties.what); return RETURNED }`
const SOURCE = `${CODE}
  async function onRequest(request) { await act(request.json().what) }`

// Only the row that is about it waits for its end.
const BRIEF_MS = 200

const opened: FunctionRun[] = []
afterAll(() => Promise.all(opened.splice(0).map((run) => run.close())))

async function open(
  kind: FunctionKind,
  code: string,
  { timeoutMs = 5000, ...switches }: Partial<HostSwitches> & { timeoutMs?: number } = {},
) {
  const run = await openFunctionRun({
    ...{ kind, switches, file: functionText(code), timeoutMs, isWarm: true },
    ...{ clock: realClock, otherwise: 'reset', realmWorkerFile: REALM_WORKER_FILE },
  })
  opened.push(run)
  return async (input: FunctionInput) => {
    const { outcomes } = await run.run({ input })
    return outcomes.map(({ status, reason }) => (reason === null ? status : `${status}: ${reason}`))
  }
}

const track = (what: string) => ({
  type: 'track',
  messageId: what,
  userId: 'u1',
  properties: { what },
})
const inputOf = (kind: FunctionKind, what: string): FunctionInput =>
  kind === 'source'
    ? { kind: 'request', request: { body: { what } } }
    : { kind: 'event', event: track(what) }

const BAD = 'discarded: Bad Request:'
const ROWS: readonly { what: string; want: string; of?: Partial<Record<FunctionKind, string>> }[] =
  [
    { what: 'a return', want: 'ok' },
    { what: 'EventNotSupported', want: 'discarded: Unsupported Event Type: why' },
    { what: 'InvalidEventPayload', want: 'discarded: Message Rejected: why' },
    { what: 'ValidationError', want: 'discarded: Message Rejected: why' },
    {
      what: 'DropEvent',
      want: 'discarded: Filtered at insert function: why',
      of: { destination: `${BAD} DropEvent: why`, source: `${BAD} DropEvent: why` },
    },
    { what: 'RetryError', want: 'retry: Retry: why' },
    { what: 'a name alone', want: 'retry: Retry: why' },
    {
      what: 'a timeout',
      want: 'retry: Timeout: no answer within 200 ms',
      of: { sourceInsert: 'discarded: Timeout: no answer within 200 ms' },
    },
    {
      what: 'TypeError',
      want: `${BAD} TypeError: Cannot read properties of undefined (reading 'field')`,
    },
    { what: 'a text', want: `${BAD} Error: why` },
    { what: 'nothing thrown is an object', want: `${BAD} Error: null` },
    {
      what: 'a failed fetch',
      want: `${BAD} FetchError: request to https://nobody.example.com/ failed, reason: read ECONNRESET`,
    },
  ]

describe.each(['destination', 'insert', 'source', 'sourceInsert'] as const)(
  'a %s function',
  (kind) => {
    let call: (input: FunctionInput) => Promise<string[]>
    beforeAll(async () => {
      call = await open(kind, kind === 'source' ? SOURCE : EVENTS)
    })

    test.each(ROWS)('that ends with $what', async ({ what, want, of }) => {
      const code = kind === 'source' ? SOURCE : EVENTS
      const isTimeout = what === 'a timeout'
      const ask = isTimeout ? await open(kind, code, { timeoutMs: BRIEF_MS }) : call
      expect(await ask(inputOf(kind, what))).toEqual([of?.[kind] ?? want])
    })

    test('without a handler', async () => {
      const callEmpty = await open(kind, 'var nothing')
      const reason = kind === 'source' ? 'request not supported' : 'track not supported'
      expect(await callEmpty(inputOf(kind, 'a return'))).toEqual([
        `discarded: Unsupported Event Type: ${reason}`,
      ])
    })
  },
)

test('of a source insert function, what the host leaves open may be retried', async () => {
  const call = await open('sourceInsert', EVENTS, {
    sourceInsertTimeout: 'retry',
    sourceInsertError: 'retry',
    timeoutMs: BRIEF_MS,
  })
  expect(await call(inputOf('sourceInsert', 'a timeout'))).toEqual([
    'retry: Timeout: no answer within 200 ms',
  ])
  expect(await call(inputOf('sourceInsert', 'a text'))).toEqual(['retry: Bad Request: Error: why'])
})

describe.each(['destination', 'insert'] as const)('onBatch of a %s function', (kind) => {
  const code = BATCH.replace('RETURNED', kind === 'insert' ? 'events' : '')
  let call: (input: FunctionInput) => Promise<string[]>
  beforeAll(async () => {
    call = await open(kind, code)
  })

  test.each(ROWS)('that ends with $what speaks for every event', async ({ what, want, of }) => {
    const ask = what === 'a timeout' ? await open(kind, code, { timeoutMs: BRIEF_MS }) : call
    const events = [track(what), track('second')]
    const each = of?.[kind] ?? want
    expect(await ask({ kind: 'batch', events })).toEqual([each, each])
  })
})

test('a type that the host does not dispatch ends without an error', async () => {
  const call = await open('destination', EVENTS)
  expect(await call({ kind: 'event', event: { type: 'video' } })).toEqual(['ok'])
})
