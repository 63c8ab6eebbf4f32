// The load: signed batches made ahead of a round, and writers that send them one after the other.
import http from 'node:http'
import type { JsonObject } from '../core/json.ts'
import type { MappingTable } from '../core/mapping-table.ts'
import { signedBatch } from './canonicalise.ts'
import type { Shop } from './samples.ts'

export interface SignedBody {
  readonly body: Buffer
  readonly headers: Readonly<Record<string, string>>
}

/** Bodies for one round, signed now: they are good for five minutes, a round takes seconds. */
export function makeBodies(
  shop: Shop,
  table: MappingTable,
  { batches, batchSize }: { readonly batches: number; readonly batchSize: number },
): SignedBody[] {
  return Array.from({ length: batches }, () => {
    const messages = Array.from({ length: batchSize }, () => shop.message(shop.kind()))
    const { body, headers } = signedBatch(messages as JsonObject[], table)
    return { body: Buffer.from(body), headers }
  })
}

export interface Round {
  readonly seconds: number
  /** Milliseconds of each request. */
  readonly latencies: readonly number[]
  readonly answers: readonly string[]
}

/** Writers take the next body as soon as they have an answer, until none is left. */
export async function runRound(
  bodies: readonly SignedBody[],
  writers: number,
  send: (body: SignedBody, writer: number) => Promise<string>,
): Promise<Round> {
  const latencies: number[] = []
  const answers: string[] = []
  let next = 0
  const write = async (writer: number) => {
    for (let body = bodies[next++]; body; body = bodies[next++]) {
      const started = performance.now()
      answers.push(await send(body, writer))
      latencies.push(performance.now() - started)
    }
  }
  const started = performance.now()
  await Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)))
  return { seconds: (performance.now() - started) / 1000, latencies, answers }
}

/** Posts over kept connections, one for each writer. Any answer but 200 ends the bench. */
export function createPoster(storeUrl: string, writers: number) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: writers })
  const url = new URL('/segment/events', storeUrl)
  const post = ({ body, headers }: SignedBody): Promise<string> =>
    new Promise((resolve, reject) => {
      const options = {
        method: 'POST',
        agent,
        headers: {
          'Content-Type': 'application/json',
          'Content-Length': body.length,
          ...headers,
        },
      }
      const request = http.request(url, options, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk
        })
        response.on('error', reject)
        response.on('end', () => {
          if (response.statusCode === 200) resolve(text)
          else reject(new Error(`The store answered ${response.statusCode}: ${text}`))
        })
      })
      request.on('error', reject)
      request.end(body)
    })
  return { post, close: () => agent.destroy() }
}
