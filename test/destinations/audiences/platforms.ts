// The audience destinations side by side: what one suite needs to know of each to try all of them alike.
import { Destination } from '@segment/actions-core'
import { createRandom } from '../../../core/clock.ts'
import type { JsonObject } from '../../../core/json.ts'
import { audienceEntered, audienceExited } from '../../../destinations/example-events.ts'
import google from '../../../destinations/google-audiences/index.ts'
import { reportGoogleAudience } from '../../../destinations/google-audiences/remote-audience.ts'
import klaviyo from '../../../destinations/klaviyo-lists/index.ts'
import { reportKlaviyoList } from '../../../destinations/klaviyo-lists/remote-audience.ts'
import meta from '../../../destinations/meta-audiences/index.ts'
import { reportMetaAudience } from '../../../destinations/meta-audiences/remote-audience.ts'
import tiktok from '../../../destinations/tiktok-audiences/index.ts'
import { reportTikTokAudience } from '../../../destinations/tiktok-audiences/remote-audience.ts'
import { createGoogleTwin } from '../../../workspace/twins/google/google-twin.ts'
import { createKlaviyoTwin } from '../../../workspace/twins/klaviyo/klaviyo-twin.ts'
import { createMetaTwin } from '../../../workspace/twins/meta/meta-twin.ts'
import { createTikTokTwin } from '../../../workspace/twins/tiktok/tiktok-twin.ts'
import type { Twin } from '../../../workspace/twins/twins.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { sha256 } from '../../workspace/twins/twin-stage.ts'

// biome-ignore lint/suspicious/noExplicitAny: any definition, whatever its settings
type AnyDefinition = any
type Report = (request: never, settings: never, externalId: string) => Promise<JsonObject>

export interface StagedTwin {
  readonly twin: Twin
  /** Addresses of the members, as the twin keeps them: hashed where the platform wants hashes. */
  members(audienceId: string): readonly string[]
}

export interface AudiencePlatform {
  readonly name: string
  readonly folder: string
  readonly definition: AnyDefinition
  readonly report: Report
  readonly maxMembers: number
  readonly settings: (url: string) => JsonObject
  readonly wrongCredentials: JsonObject
  readonly auth?: { readonly accessToken: string; readonly refreshToken: string }
  readonly stage: () => StagedTwin
  /** An address as the platform keeps it. */
  readonly kept: (email: string) => string
}

const NOW = Date.parse('2026-04-28T10:00:00.000Z')
export const JANE = {
  email: 'jane.doe@example.com',
  phone: '+4915123456789',
  externalId: 'cust_10482',
}
const base = () => ({ clock: createManualClock(NOW), random: createRandom(7), people: [JANE] })

interface Member {
  readonly identifiers: Readonly<Record<string, string>>
}
const hashedMembers =
  (audiences: { members(id: string): readonly Member[] }, field: string) => (id: string) =>
    audiences.members(id).map(({ identifiers }) => identifiers[field] ?? '')

const auth = { accessToken: 'good', refreshToken: '' }

export const PLATFORMS: readonly AudiencePlatform[] = [
  {
    name: 'meta',
    folder: 'meta-audiences',
    definition: meta,
    report: reportMetaAudience as never,
    maxMembers: 10_000,
    settings: (baseUrl) => ({ adAccountId: 'act_900100', accessToken: 'good', baseUrl }),
    wrongCredentials: { accessToken: 'wrong' },
    stage() {
      const tokens = [{ token: 'good' }]
      const twin = createMetaTwin({ ...base(), tokens, pixelIds: [], adAccountIds: ['900100'] })
      return { twin, members: hashedMembers(twin.audiences, 'EMAIL') }
    },
    kept: sha256,
  },
  {
    name: 'google',
    folder: 'google-audiences',
    definition: google,
    report: reportGoogleAudience as never,
    maxMembers: 10_000,
    settings: (base_url) => ({
      operating_account_id: '123-456-7890',
      login_account_id: '9876543210',
      customer_match_terms: 'ACCEPTED',
      base_url,
      token_url: `${base_url}/token`,
      oauth: { access_token: 'good' },
    }),
    wrongCredentials: { oauth: { access_token: 'wrong' } },
    auth,
    stage() {
      const tokens = [{ token: 'good' }]
      const accounts = { accountIds: ['1234567890'], conversionActions: [] }
      const twin = createGoogleTwin({ ...base(), tokens, ...accounts })
      return { twin, members: hashedMembers(twin.audiences, 'emailAddress') }
    },
    kept: sha256,
  },
  {
    name: 'tiktok',
    folder: 'tiktok-audiences',
    definition: tiktok,
    report: reportTikTokAudience as never,
    maxMembers: 1000,
    settings: (baseUrl) => ({ advertiserId: '7001', accessToken: 'good', baseUrl }),
    wrongCredentials: { accessToken: 'wrong' },
    stage() {
      const tokens = [{ token: 'good' }]
      const twin = createTikTokTwin({
        ...base(),
        tokens,
        eventSources: {},
        advertiserIds: ['7001'],
      })
      return { twin, members: hashedMembers(twin.audiences, 'EMAIL_SHA256') }
    },
    kept: sha256,
  },
  {
    name: 'klaviyo',
    folder: 'klaviyo-lists',
    definition: klaviyo,
    report: reportKlaviyoList as never,
    maxMembers: 1000,
    settings: (base_url) => ({ api_key: 'pk_good', base_url }),
    wrongCredentials: { api_key: 'pk_wrong' },
    stage() {
      const twin = createKlaviyoTwin({ ...base(), apiKeys: ['pk_good'] })
      const emailOf = (id: string) =>
        String(twin.profiles().find((profile) => profile.id === id)?.attributes.email)
      return { twin, members: (listId) => twin.members(listId).map(emailOf) }
    },
    kept: (email) => email,
  },
]

export const platformCases = PLATFORMS.map((platform) => [platform.name, platform] as const)

export const mappingOf = ({ definition }: AudiencePlatform): JsonObject =>
  definition.presets[0].mapping

/** actions-core's own create and get. */
export interface RemoteAudiences {
  createAudience(input: JsonObject): Promise<{ externalId: string }>
  getAudience(input: JsonObject): Promise<{ externalId: string }>
}

export const remoteOf = ({ definition }: AudiencePlatform): RemoteAudiences =>
  new Destination(definition) as unknown as RemoteAudiences

export interface ChangeOf {
  readonly who: string
  readonly audience: string
  readonly isMember?: boolean
  readonly at?: string
}

let changes = 0

/** A membership change of `<who>@example.com`, as canonical event, with an id of its own. */
export function change({ who, audience, isMember = true, at }: ChangeOf) {
  const example = isMember ? audienceEntered : audienceExited
  changes += 1
  return {
    ...example,
    id: who,
    canonical_user_id: `cust_${who}`,
    anonymous_id: null,
    ...(at === undefined ? {} : { occurred_at: at }),
    user: { email: `${who}@example.com`, country: 'DE' },
    platform_consent: { ad_user_data: 'GRANTED', ad_personalization: 'GRANTED' },
    properties: {
      ...example.properties,
      event_id: `mem_${changes}`,
      external_audience_id: audience,
    },
  }
}

export const emails = (...people: readonly string[]) => people.map((who) => `${who}@example.com`)
