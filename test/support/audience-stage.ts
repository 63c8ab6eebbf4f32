// From a membership message to the audience at a platform's twin: store, ledger, worker, host and definition as they are.
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import type { AudienceTable } from '../../core/audience-table.ts'
import { createRandom } from '../../core/clock.ts'
import { type DestinationFile, parseDestinationFile } from '../../core/destination-schema.ts'
import type { JsonObject } from '../../core/json.ts'
import { createVault } from '../../core/vault.ts'
import { createAudienceGate } from '../../delivery/audience-gate.ts'
import { createDestination } from '../../delivery/definitions.ts'
import { createDeliverySide } from '../../delivery/delivery-side.ts'
import type { Destination } from '../../delivery/destination.ts'
import { createTransport, type Transport } from '../../delivery/transport.ts'
import type { Database } from '../../store/database.ts'
import type { AudienceAudit } from '../../store/http/routes/audience-audit.ts'
import { listen } from '../../workspace/listen.ts'
import { type AudiencePlatform, PLATFORMS } from '../destinations/audiences/platforms.ts'
import type { TestDatabase } from './database.ts'
import {
  CATALOGUE,
  NO_RETURNS,
  type RunningWorker,
  startWorker,
  WEBHOOK_SECRET,
} from './delivery.ts'
import { createManualClock } from './manual-clock.ts'
import { json, startRecordingServer } from './recording-server.ts'
import { ACCOUNT, API_KEYS } from './signed-batch.ts'
import { createTestStore } from './store.ts'
import { until } from './until.ts'

export type AudienceStage = Awaited<ReturnType<typeof setAudienceStage>>

export interface AudienceStageOptions {
  readonly table: AudienceTable
  /** Folders of mappings/destinations/ and of the platforms to deliver to. */
  readonly platforms: readonly string[]
  /** Webhook destinations, by the name of their file, and where they send to. */
  readonly webhooks?: Readonly<Record<string, string>>
  /** Looked in first for destination files; then mappings/. */
  readonly mappingsDir?: string
}

export async function setAudienceStage(on: TestDatabase, options: AudienceStageOptions) {
  // The twins' clock stands later: nothing that is sent is from their future.
  const clock = createManualClock(Date.parse('2026-04-28T10:00:00.000Z'))
  const transport = createTransport({ allowPrivateAddresses: true })
  // Requests have deadlines on the stage's clock: it stands still while one is under way.
  let underWay = 0
  const send: Transport = async (request) => {
    underWay++
    try {
      return await transport.send(request)
    } finally {
      underWay--
    }
  }
  const tokens = await startRecordingServer(json(200, { access_token: 'good' }))
  const staged = await Promise.all(
    options.platforms.map(async (folder) => {
      const platform = PLATFORMS.find((each) => each.folder === folder) as AudiencePlatform
      const stagedTwin = platform.stage()
      return { folder, platform, ...stagedTwin, server: await listen(stagedTwin.twin.app, 0) }
    }),
  )
  const database: Database = { pool: on.pool, clock, random: createRandom(7) }
  const vault = createVault('0'.repeat(64), randomBytes)
  const workers: RunningWorker[] = []

  const make = (through: Transport = send): Destination[] => [
    ...staged.map(({ folder, platform, server }) =>
      createDestination({
        name: folder,
        account: ACCOUNT,
        environment: 'production',
        file: fileOf(folder, options.mappingsDir),
        settings: {
          ...(platform.settings(server.url) as Record<string, string>),
          token_url: tokens.url,
        },
        returns: NO_RETURNS,
        catalogue: CATALOGUE,
        transport: through,
        clock,
        tokenStore: { database, vault },
      }),
    ),
    ...Object.entries(options.webhooks ?? {}).map(([name, url]) =>
      createDestination({
        name,
        account: ACCOUNT,
        environment: 'production',
        file: fileOf(name, options.mappingsDir),
        settings: { url, secret: WEBHOOK_SECRET },
        returns: NO_RETURNS,
        catalogue: CATALOGUE,
        transport: through,
        clock,
      }),
    ),
  ]
  const destinations = make()
  const names = destinations.map(({ name }) => name)
  const store = createTestStore(on, {
    clock,
    destinations: names,
    audienceOnly: destinations.flatMap(({ name, receives }) =>
      receives === 'audiences' ? [name] : [],
    ),
    audiences: options.table,
    deliverySide: createDeliverySide(destinations),
  })
  const audienceGate = createAudienceGate(database, options.table, CATALOGUE)

  function start(over: { transport?: Transport; database?: Database } = {}): RunningWorker {
    const worker = startWorker(over.database ?? database, make(over.transport), { audienceGate })
    workers.push(worker)
    return worker
  }

  async function post<Body = JsonObject>(path: string, body: object = {}): Promise<Body> {
    const answer = await store.app.request(path, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${API_KEYS.production}`,
        'Content-Type': 'application/json',
      },
      body: JSON.stringify(body),
    })
    return (await answer.json()) as Body
  }

  const open = async () =>
    Number(
      (
        await on.query<{ count: string }>(
          `select count(*) from deliveries where state in ('pending', 'retrying')
             or (state = 'held' and reason in ('earlier_under_way', 'remote_audience'))`,
        )
      )[0]?.count,
    )

  async function settledUnless(isOver: () => boolean): Promise<void> {
    await until(async () => {
      if (isOver() || (await open()) === 0) return true
      if (underWay === 0) clock.advance(5_000)
      return false
    })
  }

  return {
    store,
    clock,
    transport: send,
    start,
    post,
    twin: (folder: string) => {
      const found = staged.find((each) => each.folder === folder)
      if (!found) throw new Error(`no platform ${folder}`)
      return found
    },
    /** Members at the twin, whatever the audience's id there; the addresses as the platform keeps them, sorted. */
    async membersAt(folder: string, key = 'vip'): Promise<string[]> {
      const [row] = await on.query<{ external_id: string }>(
        `select r.external_id from remote_audiences r join audiences a on a.id = r.audience_id
         where r.destination = $1 and a.key = $2`,
        [folder, key],
      )
      const found = staged.find((each) => each.folder === folder)
      return row?.external_id ? [...(found?.members(row.external_id) ?? [])].sort() : []
    },
    /** Moves time on until nothing is on its way. */
    settled: () => settledUnless(() => false),
    /** As `settled`, or until `isOver`: its worker is gone. */
    settledUnless,
    states: async (destination: string) =>
      (
        await on.query<{ name: string; state: string; reason: string | null }>(
          `select e.name, d.state, d.reason from deliveries d join events e on e.id = d.event_id
           where d.destination = $1 order by d.id`,
          [destination],
        )
      ).map(({ name, state, reason }) =>
        [name.replace('audience_', ''), state, reason].filter(Boolean).join(' '),
      ),
    audit: async (id = 'vip', query = '') =>
      (await (await store.read(`/v1/audiences/${id}/audit?${query}`)).json()) as AudienceAudit,
    async close(): Promise<void> {
      await Promise.all(workers.map((worker) => worker.stop()))
      await Promise.all([tokens.close(), ...staged.map(({ server }) => server.close())])
      transport.close()
    },
  }
}

function fileOf(name: string, mappingsDir = 'mappings'): DestinationFile {
  const own = `${mappingsDir}/destinations/${name}.yaml`
  const path = existsSync(own) ? own : `mappings/destinations/${name}.yaml`
  return parseDestinationFile(readFileSync(path, 'utf8'), path, undefined, CATALOGUE)
}

let counter = 0

/** What Engage sends when a user enters or leaves; `who` is the user id, and `<who>@example.com` the address. */
export function membership(
  who: string,
  isInside: boolean,
  minute: number,
  { key = 'vip', over = {} }: { readonly key?: string; readonly over?: JsonObject } = {},
): JsonObject {
  return {
    type: 'identify',
    messageId: `personas_${++counter}`,
    userId: who,
    timestamp: instant(minute),
    traits: { [key]: isInside, email: `${who}@example.com` },
    context: {
      personas: {
        computation_class: 'audience',
        computation_id: `aud_${key}`,
        computation_key: key,
      },
    },
    ...over,
  }
}

/** What the person says about advertising and messages. */
export function consent(who: string, isGranted: boolean, minute = 0): JsonObject {
  return {
    type: 'identify',
    messageId: `consent_${++counter}`,
    userId: who,
    timestamp: instant(minute),
    traits: { email: `${who}@example.com`, country: 'DE' },
    context: {
      consent: { categoryPreferences: { Advertising: isGranted, Marketing: isGranted } },
    },
  }
}

function instant(minute: number): string {
  return new Date(Date.UTC(2026, 3, 28, 8, minute)).toISOString()
}
