// What is known of single definitions of the published package (3.497.0) and cannot be read from them: what must not run,
// what a batch takes from its first row, and which answers are refusals although the status says success.
import { isJsonObject, type Json } from '../../core/json.ts'

export interface Refusal {
  readonly status: number
  readonly message: string
}

export interface PackageRules {
  /** Action → why it is not run, and what to use instead. `*` is every action. */
  readonly refused?: Readonly<Record<string, string>>
  /** Action → payload fields that hold for a whole request, beside the `batch_keys` that the action declares itself. */
  readonly batchKeys?: Readonly<Record<string, readonly string[]>>
  /** Reads a refusal out of an answer whose status is 2xx. */
  readonly refusalOf?: (body: Json) => Refusal | null
}

const NO_RULES: PackageRules = {}

export function packageRules(folder: string): PackageRules {
  return (Object.hasOwn(RULES, folder) && RULES[folder]) || NO_RULES
}

const GOOGLE_ADS_CLOSED =
  'this version of the Google Ads API is switched off; use definition: google-data-manager'

const TIKTOK: PackageRules = { refusalOf: tiktokRefusal }

const RULES: Readonly<Record<string, PackageRules>> = {
  klaviyo: {
    refused: {
      orderCompleted:
        'it sends every product under a random id, so that a retry counts it again; use trackEvent with unique_id',
    },
    batchKeys: { trackEvent: [] },
  },
  webhook: { batchKeys: { send: ['url', 'method', 'headers'] } },
  'webhook-audiences': { batchKeys: { send: ['url', 'method', 'headers'] } },
  'google-data-manager': {
    refused: { '*': 'its actions send nothing; use our own definition: google-data-manager' },
  },
  'google-enhanced-conversions': { refused: { '*': GOOGLE_ADS_CLOSED } },
  mixpanel: { batchKeys: { trackEvent: [], identifyUser: [] } },
  braze: { batchKeys: { trackEvent2: [], trackPurchase2: [], updateUserProfile2: [] } },
  customerio: { batchKeys: { trackEvent: [], createUpdatePerson: [] } },
  iterable: { batchKeys: { trackEvent: [], updateUser: [] } },
  'tiktok-conversions': TIKTOK,
  'tiktok-conversions-sandbox': TIKTOK,
  'tiktok-offline-conversions': TIKTOK,
  'tiktok-offline-conversions-sandbox': TIKTOK,
  'tiktok-app-events': TIKTOK,
  'tiktok-audiences': TIKTOK,
  slack: { refusalOf: okFlagRefusal },
}

// "Appendix - Return Codes" (business-api.tiktok.com/portal/docs?id=1737172488964097): the status is 200, the code decides.
function tiktokRefusal(body: Json): Refusal | null {
  const code = isJsonObject(body) ? body.code : undefined
  if (code === 0) return null
  const words = isJsonObject(body) && typeof body.message === 'string' ? body.message : 'no message'
  const message = `TikTok answered code ${String(code ?? '(none)')}: ${words}`
  return { status: tiktokStatus(code), message }
}

function tiktokStatus(code: Json | undefined): number {
  // Whatever has no code did not come from TikTok.
  if (typeof code !== 'number') return 502
  if (code === 40_100) return 429
  if (code === 40_001 || (code > 40_100 && code < 40_200)) return 401
  return code >= 50_000 ? 503 : 400
}

// Slack's Web API: `{ "ok": false, "error": "…" }` with status 200; incoming webhooks answer the text "ok".
function okFlagRefusal(body: Json): Refusal | null {
  if (!isJsonObject(body) || body.ok !== false) return null
  return { status: 400, message: `answered ok: false, ${String(body.error ?? 'no error named')}` }
}
