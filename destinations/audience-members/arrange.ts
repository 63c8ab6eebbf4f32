// Which changes of a batch go out together, and which are overtaken. Membership is state (design 3.9): of an entry and an
// exit of one person in one audience only the later counts, whatever order they stand in. Pure.

export interface Change {
  readonly external_audience_id: string
  readonly is_member: boolean
  readonly audience_key?: string
  readonly changed_at?: string | number
  readonly event_id?: string
  readonly user_id?: string
  readonly anonymous_id?: string
  readonly email?: string
  readonly phone?: string
}

export interface Group {
  readonly audienceId: string
  readonly isMember: boolean
  /** Positions in the batch. */
  readonly positions: number[]
}

export interface Arrangement {
  /** Removals first: whoever must go goes, even when adding others fails. */
  readonly groups: readonly Group[]
  /** Position of a change that is not sent → position of the later one, whose outcome it shares. */
  readonly overtaken: ReadonlyMap<number, number>
}

/** `consentOf`: changes with different answers cannot share a request. */
export function arrange<Payload extends Change>(
  payloads: readonly Payload[],
  consentOf: (payload: Payload) => string,
): Arrangement {
  const latest = latestOfPerson(payloads)
  const groups = new Map<string, Group>()
  const overtaken = new Map<number, number>()
  for (const [position, payload] of payloads.entries()) {
    const { external_audience_id: audienceId, is_member: isMember } = payload
    const last = latest.get(personKey(payload, position)) as number
    // Several entries of one person are several identifiers of that person: all of them go out.
    if (payloads[last]?.is_member !== isMember) {
      overtaken.set(position, last)
      continue
    }
    const key = JSON.stringify([audienceId, isMember, consentOf(payload)])
    const group = groups.get(key) ?? { audienceId, isMember, positions: [] }
    group.positions.push(position)
    groups.set(key, group)
  }
  const ordered = [...groups.values()].sort((a, b) => Number(a.isMember) - Number(b.isMember))
  return { groups: ordered, overtaken }
}

function latestOfPerson(payloads: readonly Change[]): ReadonlyMap<string, number> {
  const latest = new Map<string, number>()
  for (const [position, payload] of payloads.entries()) {
    const key = personKey(payload, position)
    const known = latest.get(key)
    if (known === undefined || timeOf(payload) >= timeOf(payloads[known])) latest.set(key, position)
  }
  return latest
}

function personKey(change: Change, position: number): string {
  const who = change.user_id || change.anonymous_id || change.email || change.phone || position
  return JSON.stringify([change.external_audience_id, who])
}

// A change without a readable time is as old as can be: one that has a time overtakes it.
function timeOf(change: Change | undefined): number {
  const time = change?.changed_at
  const ms = typeof time === 'number' ? time : Date.parse(time ?? '')
  return Number.isNaN(ms) ? Number.NEGATIVE_INFINITY : ms
}
