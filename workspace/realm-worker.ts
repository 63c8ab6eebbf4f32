// Entry of a container, as a worker thread or as a process: makes the realm from the options it is given, then answers
// one invocation at a time. Bundled to dist/workspace/realm-worker.js; only runtime/carrier.ts starts it.
import { createRequire } from 'node:module'
import path from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { sendThroughGate } from './realm/gated-http.ts'
import { createRealm, describeThrown, type Realm } from './realm/realm.ts'
import type { InvokeMessage, RealmMessage, RealmOptions } from './realm/realm-protocol.ts'

interface Port {
  send(message: RealmMessage, sent?: () => void): void
  receive(listener: (message: InvokeMessage) => void): void
}

function start(port: Port, options: RealmOptions): void {
  port.send({ kind: 'started' })
  if (options.networkGate !== undefined) sendThroughGate(options.networkGate)
  const realm = load(options, port)
  if (!realm) return
  port.send({ kind: 'loaded', handlers: realm.handlers })
  port.receive((message) => {
    // A rejection of invoke itself cannot happen: it answers with what was thrown.
    void realm.invoke(message).then((outcome) => port.send(outcome))
  })
}

function load(options: RealmOptions, port: Port): Realm | null {
  try {
    return createRealm(options, {
      load: packageLoader(options.packagesFrom),
      log: (level, text) => port.send({ kind: 'log', level, text }),
    })
  } catch (thrown) {
    port.send({ kind: 'loadFailed', error: describeThrown(thrown) })
    return null
  }
}

// Our own packages first: they have the host's versions. Then those beside the function's file.
function packageLoader(from: string | undefined): (module: string) => unknown {
  const own = createRequire(__filename)
  if (from === undefined) return own
  const theirs = createRequire(path.join(from, 'package.json'))
  return (module) => {
    try {
      return own(module)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error
      return theirs(module)
    }
  }
}

function startInThread(port: NonNullable<typeof parentPort>): void {
  start(
    {
      send: (message) => port.postMessage(message),
      receive: (listener) => void port.on('message', listener),
    },
    workerData as RealmOptions,
  )
}

// The first message is the options. A thread reports its crash by itself, a process must say what ended it.
function startInProcess(): void {
  const send = (message: RealmMessage, sent = () => {}) => void process.send?.(message, sent)
  process.on('disconnect', () => process.exit())
  process.on('uncaughtException', (error) => {
    send({ kind: 'crashed', error: describeThrown(error) }, () => process.exit(1))
  })
  process.once('message', (options) => {
    start(
      {
        send,
        receive: (listener) =>
          void process.on('message', (each) => listener(each as InvokeMessage)),
      },
      options as RealmOptions,
    )
  })
}

if (parentPort) startInThread(parentPort)
else if (process.send) startInProcess()
