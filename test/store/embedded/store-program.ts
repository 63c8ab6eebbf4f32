// A store reduced to its server: starts it, says so, and stops on request. Bundled and run by store-process.ts.
import { createInterface } from 'node:readline'
import { startEmbeddedPostgres } from '../../../store/embedded/start.ts'

const [dataDir = '', packageRoot = ''] = process.argv.slice(2)

async function main() {
  const postgres = await startEmbeddedPostgres({
    dataDir,
    packageRoot,
    clock: {
      now: () => Date.now(),
      schedule(delayMs, run) {
        const timer = setTimeout(run, delayMs)
        return () => clearTimeout(timer)
      },
    },
  })
  const { pid, isAdopted, connection } = postgres
  say({ kind: 'ready', pid, isAdopted, connection })
  void postgres.whenStopped.then((end) => say({ kind: 'stopped', ...end }))
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === 'stop') await postgres.stop()
  }
}

function say(what: object) {
  console.log(JSON.stringify(what))
}

main().catch((error) => {
  say({ kind: 'failed', message: error.message })
  process.exitCode = 1
})
