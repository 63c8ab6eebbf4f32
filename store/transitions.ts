// Changes of membership as they are noticed: each is logged, becomes an event, and is owed to the destinations its
// audience names and to no other. From there on the ledger serves audiences as it serves events.
import type { PoolClient } from 'pg'
import { audienceName } from '../core/audience-table.ts'
import { AUDIENCE_ENTERED, AUDIENCE_EXITED, transitionEvent } from '../core/audience-transition.ts'
import type { CanonicalEvent, CanonicalUser } from '../core/canonical-event.ts'
import { userOf } from '../core/canonicalise.ts'
import { parseMessage } from '../core/message.ts'
import type { Flip } from './membership-settling.ts'
import type { AudienceOptions } from './memberships.ts'
import type { Occasion } from './occasion.ts'
import { cleanJson } from './text.ts'

/** @param users what the batch's own messages say about the person, by message id */
export async function logTransitions(
  client: PoolClient,
  occasion: Occasion,
  flips: readonly Flip[],
  users: ReadonlyMap<string, CanonicalUser>,
  options: AudienceOptions,
): Promise<void> {
  if (flips.length === 0) return
  const events = flips.map((flip) => eventOf(flip, occasion, users.get(flip.messageId), options))
  await client.query({
    name: 'log-transitions',
    text: LOG,
    values: [
      occasion.environment,
      occasion.receivedAt,
      flips.map(({ audience }) => audience.id),
      flips.map(({ subject }) => subject),
      flips.map(({ profile }) => profile),
      flips.map(({ isMember }) => (isMember ? 'entered' : 'exited')),
      flips.map(({ reason }) => reason),
      events.map(({ occurred_at }) => occurred_at),
      events.map(({ properties }) => properties.event_id),
      flips.map(({ messageId }) => messageId),
      events.map((event) => JSON.stringify(cleanJson(event as never))).join('\n'),
      flips.map((flip) => JSON.stringify(destinationsOf(flip, options))),
    ],
  })
  await releaseHeld(client, occasion, flips)
}

const LOG = `
  with entry as materialized (
    select * from unnest($3::bigint[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::timestamptz[], $9::text[],
                         $10::text[], string_to_array($11, e'\\n'), $12::text[])
      as t (audience_id, subject, profile_id, direction, reason, computed_at, event_id, message_id, canonical, owed)
  ), logged as (
    insert into membership_transitions
      (environment, audience_id, subject, profile_id, direction, reason, computed_at, event_id, message_id, logged_at)
    select $1, audience_id, subject, profile_id, direction, reason, computed_at, event_id, message_id, $2
    from entry order by audience_id, subject
    on conflict (environment, event_id) do nothing
    returning id, event_id
  ), fact as (
    insert into events
      (environment, name, event_id, message_id, profile_id, occurred_at, received_at, owed, canonical, transition_id)
    select $1, case e.direction when 'entered' then '${AUDIENCE_ENTERED}' else '${AUDIENCE_EXITED}' end, e.event_id,
           e.message_id, e.profile_id, e.computed_at, $2, json_array_length(e.owed::json), e.canonical, logged.id
    from entry e join logged using (event_id) order by e.event_id
    on conflict do nothing
    returning id, event_id
  )
  insert into deliveries (environment, destination, event_id, due_at)
  select $1, d.name, fact.id, $2
  from fact join entry using (event_id) cross join lateral json_array_elements_text(entry.owed::json) as d (name)`

function eventOf(
  flip: Flip,
  { environment }: Occasion,
  stated: CanonicalUser | undefined,
  { mappingVersion }: AudienceOptions,
): CanonicalEvent {
  const { audience, rule } = flip
  return transitionEvent({
    ...flip,
    environment,
    audience: {
      id: audienceName(rule, audience.key, audience.identity),
      key: audience.key,
      name: rule?.name ?? audience.name,
      computationId: audience.computation_id,
      externalAudienceId: audience.external_audience_id,
      identity: audience.identity,
    },
    computedAt: flip.computedAt.toISOString(),
    user: { ...knownUser(flip), ...stated },
    mappingVersion,
  })
}

// An unresolved subject is the identifier itself.
function knownUser({ subject, profile, email, phone, traits }: Flip): CanonicalUser {
  const user = userOf(parseMessage({ type: 'identify', messageId: subject, traits }), [])
  const own = profile === null ? /^(email|phone):(.+)$/s.exec(subject) : null
  return {
    ...user,
    ...(email === null ? {} : { email }),
    ...(phone === null ? {} : { phone }),
    ...(own ? { [String(own[1])]: own[2] } : {}),
  }
}

function destinationsOf({ rule, isMember }: Flip, { destinations }: AudienceOptions): string[] {
  if (!rule || (rule.mode === 'append_only' && !isMember)) return []
  return [...new Set(rule.destinations)].filter((name) => destinations.includes(name)).sort()
}

export const BELOW_MINIMUM = 'below_minimum_size'

// Whoever waited for an audience to be large enough is decided again as soon as it is.
async function releaseHeld(
  client: PoolClient,
  { environment, receivedAt }: Occasion,
  flips: readonly Flip[],
): Promise<void> {
  const waiting = new Map(
    flips.flatMap(({ audience, rule, isMember }) =>
      isMember && rule && rule.minimumSize > 0 ? [[audience.id, rule] as const] : [],
    ),
  )
  for (const [audienceId, { minimumSize, destinations }] of waiting) {
    await client.query({
      name: 'release-held',
      text: `update deliveries set state = 'pending', due_at = $2
             where id = any (array(
               select d.id from deliveries d
               cross join lateral (select transition_id from events where id = d.event_id offset 0) e
               cross join lateral (
                 select audience_id from membership_transitions where id = e.transition_id offset 0) x
               where d.environment = $1 and d.destination = any($3::text[]) and d.state = 'held'
                 and d.reason = '${BELOW_MINIMUM}' and x.audience_id = $4))
               and $5 <= (select count(*) from (
                 select from memberships where environment = $1 and audience_id = $4 and is_member limit $5) inside)`,
      values: [environment, receivedAt, destinations, audienceId, minimumSize],
    })
  }
}
