// What a definition offers about the audiences of its platform: making one, and asking how it is. actions-core hands no
// `auth` to these calls; a definition that signs in with OAuth 2 finds its token in settings.oauth.access_token.
import type { AudienceDestinationDefinition, RequestClient } from '@segment/actions-core'
import type { Clock } from '../../core/clock.ts'
import type { DestinationFile } from '../../core/destination-schema.ts'
import { TrackLayerError } from '../../core/errors.ts'
import type { AudienceReport } from '../../destinations/audience-members/remote-audience.ts'
import { reportGoogleAudience } from '../../destinations/google-audiences/remote-audience.ts'
import { reportKlaviyoList } from '../../destinations/klaviyo-lists/remote-audience.ts'
import { reportMetaAudience } from '../../destinations/meta-audiences/remote-audience.ts'
import { reportTikTokAudience } from '../../destinations/tiktok-audiences/remote-audience.ts'
import type { RemoteCalls } from '../destination.ts'
import type { Transport } from '../transport.ts'
import { withDeadline } from './deadline.ts'
import { failureOf } from './failure.ts'
import type { HostedDefinition } from './hosted-definition.ts'
import { createRequestClient } from './request-client.ts'
import type { TokenSource } from './token-source.ts'

type Report = (
  request: RequestClient,
  settings: never,
  externalId: string,
) => Promise<AudienceReport>

const REPORTS: Readonly<Record<string, Report | undefined>> = {
  'meta-audiences': reportMetaAudience,
  'google-audiences': reportGoogleAudience,
  'tiktok-audiences': reportTikTokAudience,
  'klaviyo-lists': reportKlaviyoList,
}

export interface RemoteCallOptions {
  readonly file: DestinationFile
  readonly hosted: HostedDefinition
  readonly tokens: TokenSource | undefined
  readonly transport: Transport
  readonly clock: Clock
}

/** Undefined for a definition without audiences, and for a destination that does not receive any. */
export function createRemoteCalls(options: RemoteCallOptions): RemoteCalls | undefined {
  const { file, hosted } = options
  const { audienceConfig } = hosted.definition as unknown as Partial<
    AudienceDestinationDefinition<object>
  >
  if (file.receives !== 'audiences' || !audienceConfig || !('createAudience' in audienceConfig))
    return undefined
  const report = REPORTS[file.definition]
  return {
    create: ({ name, computationId, key }) =>
      authorised(options, async (request, settings) => {
        const { externalId } = await audienceConfig.createAudience(request, {
          settings,
          audienceSettings: {},
          audienceName: name,
          personas: { computation_id: computationId, computation_key: key, namespace: '' },
        } as never)
        return externalId
      }),
    ...(report
      ? {
          report: (externalId: string) =>
            authorised(options, (request, settings) =>
              report(request, settings as never, externalId),
            ),
        }
      : {}),
  }
}

type Call<Answer> = (request: RequestClient, settings: object) => Promise<Answer>

// A token that the platform refuses is renewed once.
async function authorised<Answer>(options: RemoteCallOptions, call: Call<Answer>): Promise<Answer> {
  const tokens = await options.tokens?.current().catch(noToken)
  try {
    return await run(options, tokens?.accessToken, call)
  } catch (error) {
    if (!options.tokens || !tokens || failureOf(error).status !== 401) throw error
    const { accessToken } = await options.tokens.newerThan(tokens.version).catch(noToken)
    return run(options, accessToken, call)
  }
}

function noToken(error: unknown): never {
  const { isCredential, status, reason } = failureOf(error)
  const isRefused =
    isCredential || (status !== null && status >= 400 && status < 500 && status !== 429)
  throw new TrackLayerError(
    isRefused ? 'AUTH_REJECTED' : 'UNAVAILABLE',
    `no access token: ${reason}`,
    { cause: error },
  )
}

function run<Answer>(
  { file, hosted, transport, clock }: RemoteCallOptions,
  accessToken: string | undefined,
  call: Call<Answer>,
): Promise<Answer> {
  const timeoutMs = file.limits.timeout_seconds * 1000
  const oauth = accessToken === undefined ? {} : { oauth: { access_token: accessToken } }
  const settings = { ...hosted.settings, ...oauth }
  const auth = accessToken === undefined ? undefined : { accessToken, refreshToken: '' }
  const defaults = hosted.definition.extendRequest?.({ settings, auth, payload: {} } as never) ?? {}
  return withDeadline(clock, timeoutMs, (deadline) =>
    call(
      createRequestClient({
        transport,
        timeoutMs,
        defaults,
        deadline,
        addresses: file.addresses,
        onAnswer: () => {},
        now: () => clock.now(),
      }),
      settings,
    ),
  )
}
