// The function gives up by itself. In real time, as what happens inside a container is; a file of its own, so that the
// others run meanwhile. That it does so before the host's five seconds are over: bundle.test.ts.
import { order, singleHandlers, useFunctionStage } from '../support/function-stage.ts'
import {
  type Answer,
  cutOff,
  silent,
  stalled,
  startRecordingServer,
} from '../support/recording-server.ts'

const stage = useFunctionStage()

const ANSWERS: readonly { name: string; answer: Answer; reason: RegExp }[] = [
  { name: 'no answer', answer: silent, reason: /Cannot reach the store: .*timeout/ },
  {
    name: 'an answer without an end',
    answer: stalled('{"results":['),
    reason: /The store's answer broke off: .*timeout/i,
  },
  // node-fetch 2 does not notice by itself that the connection ended before the stated length was reached.
  {
    name: 'an answer cut off within its length',
    answer: cutOff('{"results":[{"status":200}]}', 'length'),
    reason: /The store's answer broke off: .*timeout/i,
  },
]

test('no answer, or no whole one, is tried again by the function’s own word', async () => {
  const servers = await Promise.all(ANSWERS.map(({ answer }) => startRecordingServer(answer)))
  try {
    const { addDestination, inject, workspace } = await stage()
    for (const [index, { name }] of ANSWERS.entries()) {
      const storeUrl = servers[index]?.url
      // Twice the host's: a busy machine must not decide which of the two comes first.
      const timeoutMs = 10_000
      await addDestination({ name, file: singleHandlers(), timeoutMs, settings: { storeUrl } })
    }
    inject(order('m1'))
    await workspace.settled()
    expect(workspace.deliveries()).toEqual(
      ANSWERS.map(({ name, reason }) => ({
        destination: name,
        messageId: 'm1',
        status: 'retrying',
        attempts: 1,
        reason: expect.stringMatching(reason),
      })),
    )
  } finally {
    await Promise.all(servers.map((server) => server.close()))
  }
})
