// Functions over HTTPS: the one authority they are told to trust, and no other.
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { createLocalAuthority, type TlsIdentity } from '../../cli/tls/local-authority.ts'
import { functionFile, order, useFunctionStage } from '../support/function-stage.ts'

const setStage = useFunctionStage()
const authority = createLocalAuthority(Date.now())
const servers: https.Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

async function startServer(identity: TlsIdentity): Promise<string> {
  const server = https.createServer(identity, (_request, response) => response.end('ok'))
  servers.push(server)
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const CALLER = functionFile(
  'caller.js',
  'async function onTrack(event, settings) { await fetch(settings.address) }',
)

test.each([
  ['its own', () => authority.issue(['127.0.0.1']), 'delivered'],
  [
    'another authority',
    () => createLocalAuthority(Date.now()).issue(['127.0.0.1']),
    expect.stringMatching(/certificate/),
  ],
  ['another name', () => authority.issue(['store.test']), expect.stringMatching(/IP: 127.0.0.1/)],
  [
    'one that ran out',
    () => authority.issue(['127.0.0.1'], -1),
    expect.stringMatching(/certificate has expired/),
  ],
])('a function that trusts the local authority meets %s', async (_, identity, status) => {
  const stage = await setStage({ trustedAuthority: authority.certificate })
  const address = await startServer(identity())
  await stage.addDestination({ file: CALLER, settings: { address } })
  await stage.send(order('m-1'))
  await stage.workspace.settled()
  expect(stage.statuses()).toEqual([status])
})
