// A store without its server: the HTTP application on a test database, and a sender that signs.
import { randomBytes } from 'node:crypto'
import type { BatchResult } from '../../core/batch.ts'
import { createRandom } from '../../core/clock.ts'
import type { JsonObject } from '../../core/json.ts'
import { createVault, type Vault } from '../../core/vault.ts'
import type { Database } from '../../store/database.ts'
import { createStoreApp, type StoreOptions } from '../../store/http/app.ts'
import { createKeyRing } from '../../store/key-ring.ts'
import { table } from '../core/support/table.ts'
import type { TestDatabase } from './database.ts'
import { createManualClock, type ManualClock } from './manual-clock.ts'
import {
  ACCOUNT,
  API_KEYS,
  batchOf,
  type EnvironmentName,
  SECRETS,
  type SigningOptions,
  signedRequest,
} from './signed-batch.ts'

export interface TestStoreOptions extends Partial<StoreOptions> {
  readonly pool?: Database['pool']
  readonly clock?: ManualClock
  /** Names of the destinations of every environment. Default: webhook, segment. */
  readonly destinations?: readonly string[]
  /** Seals secrets that are made here; null: there is no encryption key. */
  readonly vault?: Vault | null
}

export type TestStore = ReturnType<typeof createTestStore>

export function createTestStore(on: TestDatabase, options: TestStoreOptions = {}) {
  const { clock = createManualClock(), destinations = ['webhook', 'segment'] } = options
  const database: Database = { pool: options.pool ?? on.pool, clock, random: createRandom(7) }
  const log: string[] = []
  const access = options.access ?? {
    account: ACCOUNT,
    environments: (['production', 'staging'] as const).map((name) => ({
      name,
      secrets: [SECRETS[name]],
      apiKeys: [API_KEYS[name]],
    })),
  }
  const vault =
    options.vault === undefined ? createVault('0'.repeat(64), randomBytes) : options.vault
  const keys = createKeyRing({
    database,
    access,
    vault: vault ?? undefined,
    log: (level, message) => log.push(`${level} ${message}`),
  })
  const app = createStoreApp({
    database,
    access,
    keys,
    table,
    destinationsOf: () => destinations,
    newToken: () => randomBytes(32).toString('hex'),
    log: (level, message) => log.push(`${level} ${message}`),
    ...options,
  })

  /** Posts a body as it stands. */
  async function post(body: string, signing: Partial<SigningOptions> = {}): Promise<Response> {
    return app.request('/segment/events', signedRequest(body, { nowMs: clock.now(), ...signing }))
  }

  return {
    app,
    clock,
    database,
    keys,
    log,
    post,
    /** Canonicalises, signs and posts messages; throws unless the answer is 200. */
    async send(
      messages: readonly JsonObject[],
      environment?: EnvironmentName,
    ): Promise<BatchResult[]> {
      const answer = await post(JSON.stringify(batchOf(messages)), { environment })
      if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`)
      return resultsOf(answer)
    },
    /** What a holder of the environment's key reads. */
    async read(path: string, environment: EnvironmentName = 'production'): Promise<Response> {
      return app.request(path, { headers: { Authorization: `Bearer ${API_KEYS[environment]}` } })
    },
  }
}

export async function resultsOf(answer: Response): Promise<BatchResult[]> {
  const { results } = (await answer.json()) as { results: BatchResult[] }
  return results
}
