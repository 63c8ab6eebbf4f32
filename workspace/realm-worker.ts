// Entry of a container (worker thread): makes the realm from `workerData`, then answers one invocation at a time.
// Bundled to dist/workspace/realm-worker.js; only runtime/container.ts starts it.
import https from 'node:https'
import { createRequire } from 'node:module'
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { createRealm, describeThrown, type Realm } from './realm/realm.ts'
import type { InvokeMessage, RealmMessage, RealmOptions } from './realm/realm-protocol.ts'

function start(port: MessagePort, options: RealmOptions): void {
  const send = (message: RealmMessage) => port.postMessage(message)
  send({ kind: 'started' })
  // Instead of the public authorities, not beside them. Each container has an agent of its own.
  if (options.trustedAuthority) https.globalAgent.options.ca = options.trustedAuthority
  const realm = load(options, send)
  if (!realm) return
  send({ kind: 'loaded', handlers: realm.handlers })
  port.on('message', (message: InvokeMessage) => {
    // A rejection of invoke itself cannot happen: it answers with what was thrown.
    void realm.invoke(message).then(send)
  })
}

function load(options: RealmOptions, send: (message: RealmMessage) => void): Realm | null {
  try {
    return createRealm(options, {
      load: createRequire(__filename),
      log: (level, text) => send({ kind: 'log', level, text }),
    })
  } catch (thrown) {
    send({ kind: 'loadFailed', error: describeThrown(thrown) })
    return null
  }
}

if (parentPort) start(parentPort, workerData as RealmOptions)
