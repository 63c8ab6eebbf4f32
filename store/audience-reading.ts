// Audiences as people look at them: what there is, who is inside, and how that came about.
import type { Pool } from 'pg'
import { type AudienceRule, type AudienceTable, audienceName } from '../core/audience-table.ts'
import type { JsonObject } from '../core/json.ts'
import { redact } from '../core/redact.ts'
import { translated } from './database.ts'
import { ruleOfRow } from './membership-settling.ts'
import type { RemoteAudience } from './remote-audiences.ts'
import { cleanText } from './text.ts'

export interface AudienceSummary {
  /** Our id, or the key of an audience that mappings/audiences.yaml does not list. */
  readonly id: string
  /** Tells it from others of its key, and finds it; null while nothing was stated of a listed audience. */
  readonly identity: string | null
  readonly name: string | null
  readonly is_listed: boolean
  /** False for an audience that was made anew: another one has its key now. */
  readonly is_current: boolean
  readonly computation_id: string | null
  readonly key: string | null
  readonly class: string | null
  readonly space_id: string | null
  readonly external_audience_id: string | null
  /** Null while nothing was stated of a listed audience. */
  readonly first_computed_at: string | null
  readonly members: {
    readonly total: number
    readonly known: number
    readonly anonymous: number
    readonly unresolved: number
  }
  readonly mode: AudienceRule['mode']
  readonly retention_days: number | null
  readonly minimum_size: number
  readonly destinations: readonly string[]
  /** What platforms keep for it; empty until somebody entered. */
  readonly remotes: readonly RemoteState[]
}

export interface RemoteState {
  readonly destination: string
  /** What it is called at the platform. */
  readonly name: string
  readonly external_id: string | null
  readonly state: RemoteAudience['state']
  readonly reason: string | null
  readonly due_at: string | null
  readonly changed_at: string
}

export interface AudienceMember {
  readonly subject: string
  /** `known` has a user id; `anonymous` a profile without; `unresolved` is an identifier that nobody has. */
  readonly status: 'known' | 'anonymous' | 'unresolved'
  readonly profile_id: string | null
  readonly canonical_user_id: string | null
  readonly since: string | null
  readonly computed_at: string
  /** The canonical event by which they entered last, personal data masked; there only where records are asked for. */
  readonly record?: JsonObject | null
}

export interface Transition {
  readonly id: string
  readonly direction: 'entered' | 'exited'
  readonly reason: string
  readonly subject: string
  readonly profile_id: string | null
  readonly computed_at: string
  readonly logged_at: string
  readonly event_id: string
  readonly message_id: string
  /** Destination → state of the delivery. */
  readonly deliveries: Readonly<Record<string, string>>
}

export interface Page<Item> {
  readonly items: Item[]
  /** Where the next page begins; null at the end. */
  readonly next: string | null
}

export interface FoundAudience {
  readonly rowId: string | null
  readonly summary: AudienceSummary
}

interface Row {
  readonly row_id: string
  readonly identity: string
  readonly computation_id: string | null
  readonly key: string | null
  readonly name: string | null
  readonly class: string
  readonly space_id: string | null
  readonly external_audience_id: string | null
  readonly first_computed_at: Date
  readonly is_current: boolean
  readonly total: string
  readonly anonymous: string
  readonly unresolved: string
  readonly remotes: readonly RemoteState[] | null
}

const AUDIENCES = `
  select a.id::text as row_id, a.identity, a.computation_id, a.key, a.name, a.class, a.space_id, a.external_audience_id,
         a.first_computed_at, inside.*,
         not exists (
           select from audiences c where c.environment = a.environment and c.key = a.key
             and (c.first_computed_at, c.identity) > (a.first_computed_at, a.identity)) as is_current,
         (select json_agg(json_build_object('destination', r.destination, 'name', r.name, 'external_id', r.external_id,
                   'state', r.state, 'reason', r.reason, 'due_at', r.due_at, 'changed_at', r.changed_at)
                   order by r.destination)
          from remote_audiences r where r.environment = a.environment and r.audience_id = a.id) as remotes
  from audiences a
  cross join lateral (
    select count(*) as total, count(*) filter (where m.profile_id is null) as unresolved,
           count(*) filter (where m.profile_id is not null and p.user_id is null) as anonymous
    from memberships m left join profiles p on p.id = m.profile_id
    where $3::boolean and m.environment = a.environment and m.audience_id = a.id and m.is_member
  ) inside
  where a.environment = $1 and ($2::text[] is null or a.identity = any($2) or a.key = any($2) or a.name = any($2))
  order by a.key, a.first_computed_at desc, a.identity desc`

/** Listed and unlisted, also those of which nothing came yet. @throws TrackLayerError UNAVAILABLE */
export async function listAudiences(
  pool: Pool,
  environment: string,
  table: AudienceTable,
  counted = true,
): Promise<AudienceSummary[]> {
  const found = await readRows(pool, environment, null, counted)
  const seen = new Set(found.map((row) => ruleOfRow(table, row)))
  const unseen = table.rules.filter((rule) => !seen.has(rule)).map(unseenSummary)
  return [...found.map((row) => summaryOf(row, table)), ...unseen].sort((a, b) =>
    a.id < b.id ? -1 : a.id > b.id ? 1 : 0,
  )
}

/**
 * By our id, a key or a computation id; of several made anew under one name the current one.
 * @param counted whether its members are counted, which reads all of them
 */
export async function findAudience(
  pool: Pool,
  environment: string,
  table: AudienceTable,
  id: string,
  counted: boolean,
): Promise<FoundAudience | null> {
  const clean = cleanText(id)
  const rule = table.rules.find((each) => each.id === clean) ?? null
  const names = rule ? [...rule.computationIds, ...rule.keys, ...rule.names, clean] : [clean]
  const rows = await readRows(pool, environment, names, counted)
  const wanted =
    rows.find(({ identity }) => identity === clean) ??
    rows
      .filter((row) => (rule ? ruleOfRow(table, row) === rule : row.key === clean))
      .sort((a, b) => b.first_computed_at.getTime() - a.first_computed_at.getTime())[0]
  if (wanted) return { rowId: wanted.row_id, summary: summaryOf(wanted, table) }
  return rule ? { rowId: null, summary: unseenSummary(rule) } : null
}

async function readRows(
  pool: Pool,
  environment: string,
  names: readonly string[] | null,
  counted: boolean,
): Promise<Row[]> {
  return (await ask<Row>(pool, AUDIENCES, [environment, names, counted])).rows
}

async function ask<Found extends object>(pool: Pool, text: string, values: readonly unknown[]) {
  try {
    return await pool.query<Found>(text, [...values])
  } catch (error) {
    throw translated(error)
  }
}

function summaryOf(row: Row, table: AudienceTable): AudienceSummary {
  const rule = ruleOfRow(table, row)
  const [total, anonymous, unresolved] = [row.total, row.anonymous, row.unresolved].map(Number) as [
    number,
    number,
    number,
  ]
  return {
    id: audienceName(rule, row.key, row.identity),
    identity: row.identity,
    name: rule?.name ?? row.name,
    is_listed: rule !== null,
    is_current: row.is_current,
    computation_id: row.computation_id,
    key: row.key,
    class: row.class,
    space_id: row.space_id,
    external_audience_id: row.external_audience_id,
    first_computed_at: row.first_computed_at.toISOString(),
    members: { total, known: total - anonymous - unresolved, anonymous, unresolved },
    ...settingsOf(rule),
    remotes: (row.remotes ?? []).map(withInstants),
  }
}

function settingsOf(rule: AudienceRule | null) {
  return {
    mode: rule?.mode ?? ('full_state' as const),
    retention_days: rule?.retentionDays ?? null,
    minimum_size: rule?.minimumSize ?? 0,
    destinations: rule?.destinations ?? [],
  }
}

function unseenSummary(rule: AudienceRule): AudienceSummary {
  return {
    id: rule.id,
    identity: null,
    name: rule.name,
    is_listed: true,
    is_current: true,
    computation_id: null,
    key: null,
    class: null,
    space_id: null,
    external_audience_id: null,
    first_computed_at: null,
    members: { total: 0, known: 0, anonymous: 0, unresolved: 0 },
    ...settingsOf(rule),
    remotes: [],
  }
}

// PostgreSQL writes instants inside JSON in the session's zone and form.
function withInstants({ due_at, changed_at, ...remote }: RemoteState): RemoteState {
  const utc = (at: string) => new Date(at).toISOString()
  return { ...remote, due_at: due_at === null ? null : utc(due_at), changed_at: utc(changed_at) }
}

export interface PageOptions {
  readonly environment: string
  readonly rowId: string
  readonly limit: number
  /** `next` of the page before. */
  readonly cursor: string | null
}

// From index to index: one probe each for the entry, its event and the document.
const RECORD = `
  (select e.canonical::json
   from (
     select id from membership_transitions
     where environment = m.environment and audience_id = m.audience_id and subject = m.subject and direction = 'entered'
     order by id desc limit 1
   ) entry
   cross join lateral (select canonical from events where transition_id = entry.id offset 0) e)`

/**
 * In the order in which they were first heard of, which stays the same while members come and go.
 * @param withRecords whether each comes with the canonical event by which they entered
 */
export async function listMembers(
  pool: Pool,
  { environment, rowId, limit, cursor }: PageOptions,
  withRecords = false,
): Promise<Page<AudienceMember>> {
  const { rows } = await ask<MemberRow>(
    pool,
    `select m.id::text, m.subject, m.profile_id::text, p.user_id, m.since, m.computed_at,
            ${withRecords ? RECORD : 'null::json'} as record
     from memberships m left join profiles p on p.id = m.profile_id
     where m.environment = $1 and m.audience_id = $2 and m.is_member and m.id > $3
     order by m.id limit $4`,
    [environment, rowId, cursor ?? '0', limit + 1],
  )
  const page = rows.slice(0, limit)
  return {
    items: page.map((row) =>
      withRecords
        ? { ...memberOf(row), record: redact(row.record) as JsonObject | null }
        : memberOf(row),
    ),
    next: rows.length > limit ? (page.at(-1)?.id ?? null) : null,
  }
}

interface MemberRow {
  id: string
  subject: string
  profile_id: string | null
  user_id: string | null
  since: Date | null
  computed_at: Date
  record: JsonObject | null
}

function memberOf({ subject, profile_id, user_id, since, computed_at }: MemberRow): AudienceMember {
  return {
    subject: shownSubject(subject),
    status: profile_id === null ? 'unresolved' : user_id === null ? 'anonymous' : 'known',
    profile_id,
    canonical_user_id: redact(user_id) as string | null,
    since: since?.toISOString() ?? null,
    computed_at: computed_at.toISOString(),
  }
}

// `phone:+4915…`: the identifier of an unresolved member is masked as a field of its type would be.
export function shownSubject(subject: string): string {
  const at = subject.indexOf(':')
  const [type, value] = [subject.slice(0, at), subject.slice(at + 1)]
  if (type === 'p') return subject
  const [shown] = Object.values(redact({ [type]: value }) as Record<string, string>)
  return `${type}:${shown}`
}

/** The newest first. */
export async function listTransitions(
  pool: Pool,
  { environment, rowId, limit, cursor }: PageOptions,
): Promise<Page<Transition>> {
  const { rows } = await ask<TransitionRow>(
    pool,
    `select x.id::text, x.direction, x.reason, x.subject, x.profile_id::text, x.computed_at, x.logged_at, x.event_id,
            x.message_id,
            (select jsonb_object_agg(d.destination, d.state)
             from events e join deliveries d on d.event_id = e.id where e.transition_id = x.id) as deliveries
     from membership_transitions x
     where x.environment = $1 and x.audience_id = $2 and ($3::bigint is null or x.id < $3)
     order by x.id desc limit $4`,
    [environment, rowId, cursor, limit + 1],
  )
  const page = rows.slice(0, limit)
  return {
    items: page.map((row) => ({
      ...row,
      subject: shownSubject(row.subject),
      computed_at: row.computed_at.toISOString(),
      logged_at: row.logged_at.toISOString(),
      deliveries: row.deliveries ?? {},
    })),
    next: rows.length > limit ? (page.at(-1)?.id ?? null) : null,
  }
}

type TransitionRow = Omit<Transition, 'computed_at' | 'logged_at' | 'deliveries'> & {
  computed_at: Date
  logged_at: Date
  deliveries: Record<string, string> | null
}
