// The consent gate's decision (design 3.7), as a pure rule: three states per category, AND or OR stated by the
// destination, and the evidence for whatever is decided.

/** What a person said about one category, and where. */
export interface ConsentStatement {
  readonly category: string
  readonly granted: boolean
  /** Instant for which it was stated. */
  readonly statedAt: string
  readonly messageId: string
}

export interface ConsentPolicy {
  /** Category ids as configured in Segment, case-sensitive. None: the destination needs no consent. */
  readonly categories: readonly string[]
  /** `all`: every category must be granted (Segment's own rule). `any`: one is enough. */
  readonly require: 'all' | 'any'
  /** What an unknown answer means for this destination. */
  readonly unknown: 'hold' | 'deny' | 'allow'
}

export interface ConsentSubject {
  /** The event's own snapshot; null when the message carried none. */
  readonly snapshot: Readonly<Record<string, boolean>> | null
  /** When the event happened, and the message that carried the snapshot. */
  readonly occurredAt: string
  readonly messageId: string
  /** The person's latest statement of each category, from whatever message. */
  readonly statements: readonly ConsentStatement[]
}

export type ConsentState = 'granted' | 'denied' | 'unknown'

export interface CategoryEvidence {
  readonly category: string
  readonly state: ConsentState
  /** `event`: the message itself said so. `profile`: the person said so in another message. */
  readonly source: 'event' | 'profile' | null
  readonly messageId: string | null
  readonly statedAt: string | null
}

export interface ConsentDecision {
  readonly verdict: 'send' | 'hold' | 'deny'
  readonly state: ConsentState
  readonly evidence: readonly CategoryEvidence[]
}

/** Decides with what is known now: a later refusal withdraws an earlier grant, a later grant answers an open question. */
export function decideConsent(policy: ConsentPolicy, subject: ConsentSubject): ConsentDecision {
  if (policy.categories.length === 0) return { verdict: 'send', state: 'granted', evidence: [] }
  const evidence = policy.categories.map((category) => evidenceOf(category, subject))
  const state = combine(
    policy.require,
    evidence.map((item) => item.state),
  )
  return { verdict: verdictOf(state, policy.unknown), state, evidence }
}

// A refusal at the time of the event stands, whatever is granted later: consent is not given backwards. Segment reads
// a category that is missing from a snapshot as refused (segment.md 5), and so does this.
function evidenceOf(category: string, subject: ConsentSubject): CategoryEvidence {
  const { snapshot, occurredAt, messageId, statements } = subject
  const later = statements.find((statement) => statement.category === category)
  const own = snapshot === null ? undefined : (snapshot[category] ?? false)
  const fromProfile = (statement: ConsentStatement): CategoryEvidence => ({
    category,
    state: statement.granted ? 'granted' : 'denied',
    source: 'profile',
    messageId: statement.messageId,
    statedAt: statement.statedAt,
  })
  if (own === undefined) {
    if (later) return fromProfile(later)
    return { category, state: 'unknown', source: null, messageId: null, statedAt: null }
  }
  const isRevoked = own && later !== undefined && !later.granted && later.statedAt > occurredAt
  if (isRevoked) return fromProfile(later)
  return {
    category,
    state: own ? 'granted' : 'denied',
    source: 'event',
    messageId,
    statedAt: occurredAt,
  }
}

function combine(require: ConsentPolicy['require'], states: readonly ConsentState[]): ConsentState {
  const [settles, otherwise]: ConsentState[] =
    require === 'all' ? ['denied', 'granted'] : ['granted', 'denied']
  if (settles && states.includes(settles)) return settles
  return states.includes('unknown') || !otherwise ? 'unknown' : otherwise
}

function verdictOf(
  state: ConsentState,
  unknown: ConsentPolicy['unknown'],
): ConsentDecision['verdict'] {
  if (state === 'granted') return 'send'
  if (state === 'denied' || unknown === 'deny') return 'deny'
  return unknown === 'allow' ? 'send' : 'hold'
}
