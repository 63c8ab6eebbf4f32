// The Action Destination as it is handed over, and messages as Segment and Engage send them.

import path from 'node:path'
import type { AudienceDestinationDefinition } from '@segment/actions-core'
import { Destination, defaultValues } from '@segment/actions-core'
import type { Json, JsonObject } from '../../../core/json.ts'
import type {
  AudienceSettings,
  Settings,
} from '../../../destinations/tracklayer/generated-types.ts'
import { ACCOUNT, SECRETS } from '../../support/signed-batch.ts'

const ROOT = path.join(__dirname, '..', '..', '..')
export const SOURCE_FOLDER = path.join(ROOT, 'destinations', 'tracklayer')
export const BUILT_FOLDER = path.join(ROOT, 'dist', 'destinations', 'tracklayer')

export const definition: AudienceDestinationDefinition<Settings, AudienceSettings> = require(
  `${BUILT_FOLDER}/index.ts`,
).default

export function settingsFor(storeUrl: string, over: Partial<Settings> = {}): Settings {
  return {
    storeUrl,
    account: ACCOUNT,
    environment: 'production',
    secret: SECRETS.production,
    ...over,
  }
}

export interface ResultNode {
  readonly status: number
  readonly errormessage?: string
  readonly sent?: JsonObject
  readonly body?: JsonObject
}

type Action = 'trackEvent' | 'identifyUser' | 'groupUser' | 'syncAudience'

/**
 * The definition under actions-core's Destination, with the default mapping. Not through createTestEvent, which adds traits and
 * a context that real messages do not have.
 */
export function driveTrackLayer(settings: Settings) {
  const destination = new Destination<Settings, AudienceSettings>(definition)
  const driven = destination as unknown as Driven
  const mappingOf = (action: Action, over: JsonObject = {}) => ({
    ...defaultValues(definition.actions[action]?.fields ?? {}),
    ...structuredClone(over),
  })
  return {
    destination,
    /** What Segment is told of a message: the last result's data. */
    async single(action: Action, event: JsonObject, over?: JsonObject): Promise<unknown> {
      const call = { event, settings, mapping: mappingOf(action, over) }
      return (await driven.executeAction(action, call)).at(-1)?.data
    },
    batch: (action: Action, events: readonly JsonObject[]): Promise<readonly ResultNode[]> =>
      driven.executeBatch(action, { events, settings, mapping: mappingOf(action) }),
    testAuthentication: () => destination.testAuthentication(settings),
  }
}

interface Driven {
  executeAction(
    slug: string,
    call: { event: JsonObject; settings: Settings; mapping: object },
  ): Promise<readonly { readonly data?: unknown }[]>
  executeBatch(
    slug: string,
    call: { events: readonly JsonObject[]; settings: Settings; mapping: object },
  ): Promise<readonly ResultNode[]>
}

/** What a promise is rejected with; throws when it is not. */
export async function errorOf(
  promise: Promise<unknown>,
): Promise<Error & { status?: number; code?: string }> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error) => ({ error }),
  )
  if ('error' in outcome) return outcome.error as Error
  throw new Error(`Not rejected: ${JSON.stringify(outcome.value)}`)
}

export function personas(over: JsonObject = {}): JsonObject {
  return {
    computation_class: 'audience',
    computation_id: 'aud_2a',
    computation_key: 'vip',
    namespace: 'spa_1',
    space_id: 'spa_1',
    ...over,
  }
}

/** An audience as Engage sends it in an identify. */
export function membership(userId: string, isMember: Json, over: JsonObject = {}): JsonObject {
  return {
    type: 'identify',
    userId,
    messageId: `personas_${userId}_${String(isMember)}`,
    timestamp: '2026-04-23T10:15:00.000Z',
    traits: { vip: isMember },
    context: { personas: personas() },
    integrations: { All: false, TrackLayer: true },
    ...over,
  }
}

/** The same as a track. */
export function entered(
  userId: string,
  event: string,
  properties: JsonObject,
  about: JsonObject = {},
): JsonObject {
  return {
    type: 'track',
    event,
    userId,
    messageId: `personas_${userId}_${event}`,
    timestamp: '2026-04-23T10:15:00.000Z',
    properties,
    context: { personas: personas(about) },
  }
}
