// A store whose destinations deliver to twins of Meta and GA4, with the worker at hand and the replays wired as in production.
import { readFileSync } from 'node:fs'
import { createRandom } from '../../core/clock.ts'
import { parseDestinationFile } from '../../core/destination-schema.ts'
import type { JsonObject } from '../../core/json.ts'
import { createDestination } from '../../delivery/definitions.ts'
import { createDeliverySide } from '../../delivery/delivery-side.ts'
import type { Destination } from '../../delivery/destination.ts'
import { createTransport, type Transport } from '../../delivery/transport.ts'
import type { ReplayStory } from '../../store/replays.ts'
import { listen } from '../../workspace/listen.ts'
import { createGa4Twin } from '../../workspace/twins/ga4/ga4-twin.ts'
import { createMetaTwin } from '../../workspace/twins/meta/meta-twin.ts'
import type { TestDatabase } from './database.ts'
import { CATALOGUE, NO_RETURNS, type RunningWorker, startWorker } from './delivery.ts'
import { createManualClock } from './manual-clock.ts'
import { ACCOUNT, API_KEYS, orderMessage } from './signed-batch.ts'
import { createTestStore } from './store.ts'
import { until } from './until.ts'

export type ReplayStage = Awaited<ReturnType<typeof setReplayStage>>

export interface ReplayStageOptions {
  readonly seed?: number
  /** Changes a destination's file before it is read. */
  readonly edit?: (name: string, yaml: string) => string
  readonly transport?: (send: Transport) => Transport
}

export async function setReplayStage(database: TestDatabase, options: ReplayStageOptions = {}) {
  const clock = createManualClock()
  const random = createRandom(options.seed ?? 7)
  const meta = createMetaTwin({ clock, random, tokens: [{ token: 'good' }], pixelIds: ['77'] })
  const ga4 = createGa4Twin({
    clock,
    random,
    streams: [{ measurementId: 'G-AB12CD34EF', apiSecret: 'secret' }],
  })
  const servers = { meta: await listen(meta.app, 0), ga4: await listen(ga4.app, 0) }
  const transport = createTransport({ allowPrivateAddresses: true })
  const send = options.transport?.(transport.send) ?? transport.send
  const settings = {
    meta: { pixelId: '77', accessToken: 'good', baseUrl: servers.meta.url },
    ga4: { measurement_id: 'G-AB12CD34EF', api_secret: 'secret', base_url: servers.ga4.url },
  }

  function make(edit = options.edit): Destination[] {
    return (['meta', 'ga4'] as const).map((name) => {
      const yaml = readFileSync(`mappings/destinations/${name}.yaml`, 'utf8')
      return createDestination({
        name,
        account: ACCOUNT,
        environment: 'production',
        file: parseDestinationFile(edit?.(name, yaml) ?? yaml, `${name}.yaml`),
        settings: settings[name],
        catalogue: CATALOGUE,
        returns: NO_RETURNS,
        transport: send,
        clock,
      })
    })
  }

  let destinations = make()
  const store = createTestStore(database, {
    clock,
    destinations: ['meta', 'ga4'],
    deliverySide: {
      isOn: (...at) => createDeliverySide(destinations).isOn(...at),
      preview: (...at) => createDeliverySide(destinations).preview(...at),
      consent: (...at) => createDeliverySide(destinations).consent(...at),
      repeatRule: (...at) => createDeliverySide(destinations).repeatRule(...at),
      report: (...at) => createDeliverySide(destinations).report(...at),
    },
  })
  const workers: RunningWorker[] = []

  async function ask<Body = ReplayStory>(
    path: string,
    body: object = {},
    headers: Record<string, string> = {},
  ): Promise<{ status: number; body: Body }> {
    const answer = await store.app.request(path, {
      method: 'POST',
      headers: { authorization: `Bearer ${API_KEYS.production}`, ...headers },
      body: JSON.stringify(body),
    })
    return { status: answer.status, body: (await answer.json()) as Body }
  }

  async function states(destination: string): Promise<Record<string, string>> {
    const rows = await database.query<{ message_id: string; state: string; reason: string | null }>(
      `select e.message_id, d.state, d.reason from deliveries d join events e on e.id = d.event_id
       where d.destination = $1 order by e.id`,
      [destination],
    )
    return Object.fromEntries(
      rows.map(({ message_id, state, reason }) => [
        message_id,
        reason ? `${state}: ${reason}` : state,
      ]),
    )
  }

  return {
    clock,
    store,
    meta,
    ga4,
    ask,
    states,
    /** Deploys other files: the store and workers started from now on use them. */
    redeploy(edit: (name: string, yaml: string) => string) {
      destinations = make(edit)
    },
    start(): RunningWorker {
      const worker = startWorker(store.database, destinations)
      workers.push(worker)
      return worker
    },
    replay: (body: object, headers?: Record<string, string>) => ask('/v1/replays', body, headers),
    /** Waits until nothing is due any more. Time passes for what waits for a retry, never for what is under way. */
    async atRest() {
      await until(async () => {
        const [row] = await database.query<{ open: number; busy: number; due_at: Date | null }>(
          `select count(*)::integer as open, min(due_at) as due_at,
                  (count(*) filter (where due_at <= $1
                     or attempts <> (select count(*) from attempts where delivery_id = id)))::integer as busy
           from deliveries where state in ('pending', 'retrying')`,
          [new Date(clock.now())],
        )
        if (row?.busy === 0 && row.due_at) clock.advance(row.due_at.getTime() - clock.now())
        return row?.open === 0
      })
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.stop()))
      await Promise.all([servers.meta.close(), servers.ga4.close()])
      transport.close()
    },
  }
}

/** An order by somebody who agreed to everything, a quarter of an hour before the store's clock. */
export function agreedOrder(id: string, over: JsonObject = {}): JsonObject {
  return orderMessage(id, {
    timestamp: '2026-04-23T10:00:00.000Z',
    anonymousId: `anon-${id}`,
    context: {
      traits: { email: `${id}@example.com` },
      consent: { categoryPreferences: { Advertising: true, Analytics: true } },
    },
    ...over,
  })
}
