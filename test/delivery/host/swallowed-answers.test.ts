// Definitions that catch the platform's refusal and return, as many of the package do.
import { MultiStatusResponse } from '@segment/actions-core'
import type { HostedDefinition } from '../../../delivery/host/hosted-definition.ts'
import { runDefinition } from '../../../delivery/host/run-definition.ts'
import { clock } from './stage.ts'

type Perform = (request: (url: string, options: object) => Promise<unknown>) => Promise<unknown>

function run(perform: Perform, status: number) {
  const definition = { actions: { act: { fields: {}, perform } } }
  const hosted = { definition, settings: {}, secrets: [], rules: {} } as unknown as HostedDefinition
  const action = { slug: 'act', batchKeys: null, inBatches: false, check: null, extras: {} }
  const transport = async () => ({ status, headers: {}, body: '{}' })
  return runDefinition({ hosted, action, auth: undefined, transport, clock, timeoutMs: 1000 }, [{}])
}

test.each([
  { status: 429, want: { retryable: true, isOutage: true } },
  { status: 400, want: { retryable: false } },
])('a $status asked for without errors is no success', async ({ status, want }) => {
  const [outcome] = await run(
    (request) => request('https://a.example/', { throwHttpErrors: false }),
    status,
  )
  expect(outcome).toMatchObject({ kind: 'failed', failure: { status, ...want } })
})

test('a row of a MultiStatusResponse counts in a single perform, whatever the status of the answer', async () => {
  const [outcome] = await run(async (request) => {
    await request('https://a.example/', {})
    const answer = new MultiStatusResponse()
    answer.pushErrorResponse({ status: 400, errormessage: 'no such audience' } as never)
    return answer
  }, 200)
  expect(outcome).toMatchObject({ kind: 'failed', failure: { reason: 'no such audience' } })
})
