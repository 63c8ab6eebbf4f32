// Settings → `Destination` of a request. Page "Configure destinations": accountId is the customer id without hyphens,
// productDestinationId the numeric id of the conversion action, never its resource name.
import { IntegrationError } from '@segment/actions-core'
import type { Settings } from './generated-types.ts'

export interface IngestDestination {
  readonly operatingAccount: ProductAccount
  readonly loginAccount?: ProductAccount
  readonly productDestinationId: string
}

export interface ProductAccount {
  readonly accountType: 'GOOGLE_ADS'
  readonly accountId: string
}

export interface ConversionName {
  readonly conversion?: string
  readonly conversion_action_id?: string
}

/** @throws IntegrationError SETTINGS_INVALID when an id is missing or has no id's form */
export function destinationOf(settings: Settings, payload: ConversionName): IngestDestination {
  return { ...accountsOf(settings), productDestinationId: conversionActionOf(settings, payload) }
}

export type Accounts = Omit<IngestDestination, 'productDestinationId'>

/** @throws IntegrationError SETTINGS_INVALID */
export function accountsOf({
  operating_account_id: operating,
  login_account_id: login,
}: Pick<Settings, 'operating_account_id' | 'login_account_id'>): Accounts {
  return {
    operatingAccount: accountOf(operating, 'Operating account id'),
    ...(login ? { loginAccount: accountOf(login, 'Login account id') } : {}),
  }
}

function accountOf(id: string, label: string): ProductAccount {
  const accountId = id.replaceAll('-', '').trim()
  if (!/^\d{4,20}$/.test(accountId))
    throw invalid(`${label} is no Google Ads customer id: want digits, e.g. 123-456-7890`)
  return { accountType: 'GOOGLE_ADS', accountId }
}

function conversionActionOf(settings: Settings, payload: ConversionName): string {
  const { conversion } = payload
  const named = conversion ? conversionActions(settings.conversion_actions).get(conversion) : ''
  const id = payload.conversion_action_id || named || settings.conversion_action_id || ''
  if (/^\d+$/.test(id)) return id
  if (id) throw invalid('A conversion action id is a number, not a name or a resource name')
  throw invalid(`No conversion action for "${conversion ?? ''}": add it to "Conversion actions"`)
}

/** `purchase=123, lead=456` → name → id. */
function conversionActions(text = ''): ReadonlyMap<string, string> {
  const pairs = text.split(/[\s,;]+/).filter(Boolean)
  return new Map(
    pairs.map((pair) => {
      const at = pair.indexOf('=')
      if (at < 1) throw invalid(`"${pair}" in "Conversion actions": want name=id`)
      return [pair.slice(0, at), pair.slice(at + 1)] as const
    }),
  )
}

// 403: the events are good, and a host pauses the destination instead of giving them up.
const invalid = (message: string) => new IntegrationError(message, 'SETTINGS_INVALID', 403)
