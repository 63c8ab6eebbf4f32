// The JSON shapes of the API's requests (google/ads/datamanager/v1/*.proto in googleapis/googleapis, and the generated
// client of September 2026 for the newer fields). As proto3 JSON, snake case is read as well as camel case, and an unknown
// field is an error.
import { isJsonObject, type Json, type JsonObject } from '../../../core/json.ts'
import type { FieldViolation } from './google-errors.ts'

type Shape = { readonly [field: string]: Shape | null }

const PRODUCT_ACCOUNT = { accountId: null, accountType: null, product: null }
const CONSENT = { adUserData: null, adPersonalization: null }
const DEVICE_INFO = {
  userAgent: null,
  ipAddress: null,
  category: null,
  languageCode: null,
  screenHeight: null,
  screenWidth: null,
  operatingSystem: null,
  operatingSystemVersion: null,
  model: null,
  brand: null,
  browser: null,
  browserVersion: null,
}
const USER_DATA = {
  userIdentifiers: {
    emailAddress: null,
    phoneNumber: null,
    address: { givenName: null, familyName: null, regionCode: null, postalCode: null },
  },
}

const DESTINATION = {
  reference: null,
  loginAccount: PRODUCT_ACCOUNT,
  linkedAccount: PRODUCT_ACCOUNT,
  operatingAccount: PRODUCT_ACCOUNT,
  productDestinationId: null,
}

const REQUEST: Shape = {
  destinations: DESTINATION,
  events: {
    destinationReferences: null,
    transactionId: null,
    eventTimestamp: null,
    lastUpdatedTimestamp: null,
    userData: USER_DATA,
    thirdPartyUserData: USER_DATA,
    consent: CONSENT,
    adIdentifiers: {
      sessionAttributes: null,
      gclid: null,
      gbraid: null,
      wbraid: null,
      dclid: null,
      impressionId: null,
      matchId: null,
      encryptedUserIds: null,
      mobileDeviceId: null,
      landingPageDeviceInfo: DEVICE_INFO,
    },
    currency: null,
    conversionValue: null,
    conversionCount: null,
    eventSource: null,
    eventDeviceInfo: DEVICE_INFO,
    eventLocation: null,
    cartData: {
      merchantId: null,
      merchantFeedLabel: null,
      merchantFeedLanguageCode: null,
      transactionDiscount: null,
      items: null,
      couponCodes: null,
    },
    customVariables: { variable: null, value: null, destinationReferences: null },
    experimentalFields: { field: null, value: null },
    userProperties: null,
    eventName: null,
    clientId: null,
    userId: null,
    appInstanceId: null,
    additionalEventParameters: { parameterName: null, value: null },
  },
  consent: CONSENT,
  validateOnly: null,
  encoding: null,
  encryptionInfo: null,
}

/** IngestAudienceMembersRequest; the request that removes has no `consent` and no `termsOfService`. */
export const AUDIENCE_REQUEST: Shape = {
  destinations: DESTINATION,
  audienceMembers: {
    destinationReferences: null,
    userData: USER_DATA,
    compositeData: null,
    pairData: null,
    mobileData: null,
    userIdData: null,
    ppidData: null,
    consent: CONSENT,
  },
  consent: CONSENT,
  validateOnly: null,
  encoding: null,
  encryptionInfo: null,
  termsOfService: { customerMatchTermsOfServiceStatus: null },
}

export const USER_LIST: Shape = {
  name: null,
  displayName: null,
  description: null,
  membershipStatus: null,
  integrationCode: null,
  membershipDuration: null,
  accountAccessStatus: null,
  targetNetworkInfo: null,
  ingestedUserListInfo: {
    uploadKeyTypes: null,
    contactIdInfo: { dataSourceType: null },
    mobileIdInfo: null,
    userIdInfo: null,
    pairIdInfo: null,
    pseudonymousIdInfo: null,
    partnerAudienceInfo: null,
  },
}

/** The request with camel-case names, and a violation for each name that the API does not have. */
export function readRequest(
  body: JsonObject,
  shape: Shape = REQUEST,
): {
  readonly request: JsonObject
  readonly violations: readonly FieldViolation[]
} {
  const violations: FieldViolation[] = []
  return { request: readFields(body, shape, '', violations), violations }
}

function readFields(
  source: JsonObject,
  shape: Shape,
  path: string,
  violations: FieldViolation[],
): JsonObject {
  const read: Record<string, Json> = {}
  for (const [name, value] of Object.entries(source)) {
    const field = camelCase(name)
    if (!(field in shape)) {
      const where = path === '' ? '' : ` at '${path}'`
      violations.push({
        field: path,
        description: `Unknown name "${name}"${where}: Cannot find field.`,
      })
    } else if (value !== null && value !== undefined) {
      // proto3 JSON: null is the same as absent.
      const at = path === '' ? name : `${path}.${name}`
      read[field] = readValue(value, shape[field] ?? null, at, violations)
    }
  }
  return read
}

function readValue(
  value: Json,
  shape: Shape | null,
  path: string,
  violations: FieldViolation[],
): Json {
  if (!shape) return value
  if (Array.isArray(value)) {
    return value.map((item, index) => readValue(item, shape, `${path}[${index}]`, violations))
  }
  return isJsonObject(value) ? readFields(value, shape, path, violations) : value
}

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase())
}
