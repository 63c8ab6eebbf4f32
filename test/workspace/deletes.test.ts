import { functionText, useWorkspaces } from './start-workspace.ts'

const start = useWorkspaces()
const CODE =
  'function onDelete(event) { console.log(JSON.stringify(event)); event.context.personas.x }'

test('a delete has arrays where other messages have objects', async () => {
  const { workspace, printed } = start()
  await workspace.addDestinationFunction({ name: 'f', file: functionText(CODE), sources: ['web'] })
  workspace.deleteUser('web', 'u1')
  await workspace.drain()
  const at = '2026-01-15T09:00:00.000Z'
  expect(printed()).toEqual([
    {
      ...{ type: 'delete', channel: 'server', projectId: 'web', userId: 'u1' },
      messageId: expect.stringMatching(/^delete-[0-9a-f]{8}-[0-9a-f]{4}-/),
      ...{ context: [], integrations: [] },
      ...{ receivedAt: at, sentAt: at, originalTimestamp: at, timestamp: at },
    },
  ])
  // `context.traits` is merely absent; what is read off it throws.
  expect(workspace.deliveries()[0]?.reason).toContain('Bad Request: TypeError')
})

test('deletes may be withheld', async () => {
  const { workspace } = start({ switches: { deletes: 'withheld' } })
  await workspace.addDestinationFunction({ name: 'f', file: functionText(CODE), sources: ['web'] })
  workspace.deleteUser('web', 'u1')
  await workspace.drain()
  expect(workspace.deliveries()).toEqual([])
})
