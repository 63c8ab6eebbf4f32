// Audience members and user lists of the Data Manager API: POST /v1/audienceMembers:ingest and :remove, and the UserListService
// (google/ads/datamanager/v1/{audience,user_list,user_list_service}.proto). Fast-fail like events: one member that fails
// validation and none is taken.
import type { Clock, Random } from '../../../core/clock.ts'
import { isJsonObject, type Json, type JsonObject, objectAt } from '../../../core/json.ts'
import { createAudienceBook, type Identifiers, type TwinAudiences } from '../audience-book.ts'
import type { People } from '../people.ts'
import type { TwinAnswer, TwinRequest, TwinRoute } from '../twin-app.ts'
import { isNonEmptyText, listOf } from '../value-forms.ts'
import { randomText, randomUuid } from '../vendor-ids.ts'
import {
  type FieldViolation,
  invalidArgument,
  invalidJson,
  notFoundStatus,
  permissionDenied,
} from './google-errors.ts'
import { AUDIENCE_REQUEST, readRequest, USER_LIST } from './google-fields.ts'
import { objectOf, targetViolations, userDataViolations, violation } from './google-rules.ts'

/** "At most 10000 AudienceMember resources can be sent in a single request." */
const MAX_MEMBERS = 10_000
const DAY_SECONDS = 86_400

export interface GoogleAudienceOptions {
  readonly clock: Clock
  readonly random: Random
  readonly people: People
  readonly accountIds: readonly string[]
  /**
   * Members without both signals granted are not used: the rule for people in the EEA, whom a digest does not show. UNVERIFIED
   * how the status reports it.
   */
  readonly consentRequired: boolean
  /** Credentials and quota, before anything is read. */
  admit(request: TwinRequest): TwinAnswer | null
}

export function createGoogleAudiences(options: GoogleAudienceOptions): {
  readonly routes: readonly TwinRoute[]
  readonly audiences: TwinAudiences
} {
  const { random, accountIds, consentRequired, admit } = options
  const book = createAudienceBook({
    ...options,
    telling: ['emailAddress', 'phoneNumber', 'address'],
    kinds: { emailAddress: 'email', phoneNumber: 'phone' },
  })

  function change(http: TwinRequest, isAdding: boolean): TwinAnswer {
    const refused = admit(http)
    const sent = listOf(objectOf(http.body).audienceMembers)
    const refuse = (reason: string, answer: TwinAnswer) => {
      for (const member of sent) book.refuse(reason, member)
      return answer
    }
    if (refused) return refuse('NOT_ADMITTED', refused)
    if (!http.isJson) return invalidJson([])
    const { request, violations } = readRequest(objectOf(http.body), AUDIENCE_REQUEST)
    // RemoveAudienceMembersRequest has neither of the two.
    const foreign = isAdding ? [] : ['consent', 'termsOfService'].filter((name) => name in request)
    if (violations.length > 0 || foreign.length > 0) {
      const unknown = foreign.map((name) => ({
        field: '',
        description: `Unknown name "${name}": Cannot find field.`,
      }))
      return refuse('UNKNOWN_FIELD', invalidJson([...violations, ...unknown]))
    }
    const found = requestViolations(request, isAdding)
    const [first] = found
    if (first) return refuse(first.reason ?? '', invalidArgument(found, random))
    if (!isPermitted(request)) return refuse('PERMISSION_DENIED', permissionDenied(random))
    if (request.validateOnly === true) {
      return { status: 200, body: { requestId: `v-${randomUuid(random)}` } }
    }
    for (const member of listOf(request.audienceMembers)) apply(request, objectOf(member), isAdding)
    return { status: 200, body: { requestId: randomUuid(random) } }
  }

  function requestViolations(request: JsonObject, isAdding: boolean): readonly FieldViolation[] {
    const members = listOf(request.audienceMembers)
    const base = 'audience_members.audience_members'
    const found: FieldViolation[] = [
      ...targetViolations(request, (id) => (book.find(id) ? null : 'INVALID_USER_LIST_ID')),
    ]
    if (members.length === 0) found.push(violation(base, 'REQUIRED_FIELD_MISSING'))
    if (members.length > MAX_MEMBERS) found.push(violation(base, 'TOO_MANY_AUDIENCE_MEMBERS'))
    if (!['HEX', 'BASE64'].includes(String(request.encoding))) {
      found.push(violation('encoding', 'REQUIRED_FIELD_MISSING'))
    }
    const terms = objectAt(request, 'termsOfService')?.customerMatchTermsOfServiceStatus
    if (isAdding && terms !== 'ACCEPTED') {
      found.push(violation('terms_of_service', 'TERMS_AND_CONDITIONS_NOT_SIGNED'))
    }
    members.forEach((member, index) => {
      const path = `${base}[${index}]`
      if (!objectAt(member, 'userData')) found.push(violation(path, 'INVALID_AUDIENCE_MEMBER'))
      found.push(...userDataViolations(objectOf(member), path, request.encoding))
    })
    return found
  }

  const isPermitted = (request: JsonObject) =>
    listOf(request.destinations).every((destination) =>
      accountIds.includes(String(objectAt(destination, 'operatingAccount')?.accountId)),
    )

  function apply(request: JsonObject, member: JsonObject, isAdding: boolean) {
    const consent = { ...objectAt(request, 'consent'), ...objectAt(member, 'consent') }
    const isGranted = [consent.adUserData, consent.adPersonalization].every(
      (signal) => signal === 'CONSENT_GRANTED',
    )
    if (isAdding && consentRequired && !isGranted) {
      return book.refuse('PROCESSING_ERROR_REASON_DENIED_CONSENT', member)
    }
    for (const destination of listOf(request.destinations)) {
      const id = String(objectOf(destination).productDestinationId)
      if (isAdding) book.add(id, identifiersOf(member))
      else book.remove(id, identifiersOf(member))
    }
  }

  const accountProblem = (id: string) => (accountIds.includes(id) ? null : permissionDenied(random))

  function create(http: TwinRequest, [account = '']: readonly string[]): TwinAnswer {
    const refused = admit(http) ?? accountProblem(account)
    if (refused) return refused
    const { request: list, violations } = readRequest(objectOf(http.body), USER_LIST)
    if (violations.length > 0) return invalidJson(violations)
    const found = listViolations(list)
    if (found.length > 0) return invalidArgument(found, random)
    const id = randomText(random, 10, '123456789')
    book.create({ id, name: String(list.displayName), attributes: list })
    return { status: 200, body: resource(account, id) }
  }

  function listViolations(list: JsonObject): readonly FieldViolation[] {
    const { displayName, membershipDuration } = list
    const found: FieldViolation[] = []
    if (!isNonEmptyText(displayName)) {
      found.push(violation('display_name', 'REQUIRED_FIELD_MISSING'))
    } else if (book.list().some(({ name }) => name === displayName)) {
      // "The name must be unique among all of the lists owned by the account." UNVERIFIED reason.
      found.push(violation('display_name', 'INVALID_FORMAT'))
    }
    const keys = listOf(objectAt(list, 'ingestedUserListInfo')?.uploadKeyTypes)
    // "The uploadKeyTypes list must contain only one entry."
    if (keys.length !== 1) {
      found.push(violation('ingested_user_list_info.upload_key_types', 'REQUIRED_FIELD_MISSING'))
    }
    const seconds = /^(\d+)s$/.exec(String(membershipDuration ?? '0s'))?.[1]
    if (seconds === undefined || Number(seconds) % DAY_SECONDS !== 0) {
      found.push(violation('membership_duration', 'INVALID_FORMAT'))
    }
    return found
  }

  function search(http: TwinRequest, [account = '']: readonly string[]): TwinAnswer {
    const refused = admit(http) ?? accountProblem(account)
    if (refused) return refused
    const wanted = /^display_name = "(.*)"$/.exec(http.query.get('filter') ?? '')?.[1]
    const name = wanted?.replace(/\\(.)/g, '$1')
    const lists = book.list().filter((list) => name === undefined || list.name === name)
    return { status: 200, body: { userLists: lists.map(({ id }) => resource(account, id)) } }
  }

  function read(http: TwinRequest, [account = '', id = '']: readonly string[]): TwinAnswer {
    const refused = admit(http) ?? accountProblem(account)
    if (refused) return refused
    return book.find(id) ? { status: 200, body: resource(account, id) } : notFoundStatus(random)
  }

  function resource(account: string, id: string): JsonObject {
    const size = book.members(id).filter(({ isMatched }) => isMatched !== false).length
    return {
      ...book.find(id)?.attributes,
      name: `accountTypes/GOOGLE_ADS/accounts/${account}/userLists/${id}`,
      id,
      membershipStatus: 'OPEN',
      accessReason: 'OWNED',
      // proto3 JSON leaves zeros out, and with both of them the message.
      ...(size === 0
        ? {}
        : {
            sizeInfo: {
              displayNetworkMembersCount: String(size),
              searchNetworkMembersCount: String(size),
            },
          }),
    }
  }

  const lists = /^\/v1\/accountTypes\/GOOGLE_ADS\/accounts\/(\d+)\/userLists$/
  return {
    routes: [
      {
        method: 'POST',
        path: /^\/v1\/audienceMembers:ingest$/,
        handle: (http) => change(http, true),
      },
      {
        method: 'POST',
        path: /^\/v1\/audienceMembers:remove$/,
        handle: (http) => change(http, false),
      },
      { method: 'POST', path: lists, handle: create },
      { method: 'GET', path: lists, handle: search },
      {
        method: 'GET',
        path: /^\/v1\/accountTypes\/GOOGLE_ADS\/accounts\/(\d+)\/userLists\/([^/]+)$/,
        handle: read,
      },
    ],
    audiences: book,
  }
}

// Base64 digests are kept as they came: a test of ours sends hexadecimal ones.
function identifiersOf(member: JsonObject): Identifiers {
  const identifiers = listOf(objectAt(member, 'userData')?.userIdentifiers).filter(isJsonObject)
  return Object.fromEntries(
    identifiers.flatMap((identifier) =>
      Object.entries(identifier).map(([kind, value]) => [kind, textOf(value as Json)] as const),
    ),
  )
}

const textOf = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value))
