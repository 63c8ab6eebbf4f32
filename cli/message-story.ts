// The story of a message in words: what came, whose it is, whether it counts, and what each destination made of it.
import { isJsonObject, type Json, type JsonObject, objectAt } from '../core/json.ts'
import type { AttemptStory, DeliveryStory, MessageStory } from '../store/messages.ts'
import { paint } from './output.ts'

export function* tellStory(story: MessageStory): Generator<string> {
  const { message_id, outcome, environment, receipts } = story
  yield `${paint.bold(message_id)}  ${colouredOutcome(outcome)}  ${paint.dim(environment)}`
  yield ''
  const times = receipts > 1 ? `, ${receipts} times in all: repeats change nothing` : ''
  yield fact('received', `${story.received_at}${times}`)
  yield* tellMapping(story)
  yield* tellDedup(story)
  yield* tellPerson(story)
  for (const warning of story.warnings) yield fact('warning', paint.yellow(warning))
  for (const delivery of story.deliveries) {
    yield ''
    yield* tellDelivery(delivery, message_id)
  }
}

function* tellMapping({ event, kind, raw }: MessageStory): Generator<string> {
  const name = isJsonObject(raw) && typeof raw.event === 'string' ? `"${raw.event}"` : kind
  if (kind === 'unmapped') yield fact('mapping', `none: the table has no row for ${name}`)
  else if (!event) yield fact('mapping', `none needed: ${kind} messages are about people`)
  else {
    const canonical = isJsonObject(event.canonical) ? event.canonical : {}
    const row = `row "${text(canonical.segment_event)}" → ${event.name}`
    yield fact('mapping', `${row}, table ${text(canonical.mapping_version)}`)
    yield fact('event id', `${event.event_id}, at every destination and every try`)
  }
}

function* tellDedup({ dedup, event }: MessageStory): Generator<string> {
  if (!dedup || !event) return
  const key =
    dedup.by === 'dedup_key'
      ? `the dedup key "${event.dedup_key}" of ${event.name}`
      : `the event id of ${event.name}`
  if (dedup.verdict === 'first') yield fact('counts', `yes: the first message for ${key}`)
  else {
    const { message_id, received_at } = dedup.winner
    const since = received_at ? `, there since ${received_at}` : ''
    yield fact('counts', paint.yellow(`no: a duplicate of ${message_id}${since}, by ${key}`))
  }
  for (const { message_id, received_at } of dedup.duplicates)
    yield fact('', paint.dim(`the same again in ${message_id}, ${received_at}: not counted`))
}

const RULES: Readonly<Record<string, string>> = {
  first_seen: 'seen first',
  same_message: 'both ids in one message,',
  alias: 'said to be one person',
}

function* tellPerson({ profile, identity, message_id }: MessageStory): Generator<string> {
  if (!profile) return yield fact('person', 'none: the message carries no identifier')
  const by = (id: string) => (id === message_id ? 'by this message' : `by message ${id}`)
  const who = profile.canonical_user_id ?? 'not known by name yet'
  yield fact('person', `${who} (profile ${profile.id})`)
  for (const { type, value, profile_id, rule, message_id: id, linked_at } of identity?.links ?? [])
    yield fact(
      '',
      paint.dim(
        `${type} ${value} → profile ${profile_id}: ${RULES[rule] ?? rule} ${by(id)}, ${linked_at}`,
      ),
    )
  for (const merge of identity?.merges ?? []) {
    const { from_profile_id: from, into_profile_id: into, rule, merged_at } = merge
    yield fact(
      '',
      paint.dim(
        `profile ${from} merged into ${into}: ${RULES[rule] ?? rule} ${by(merge.message_id)}, ${merged_at}`,
      ),
    )
  }
}

function* tellDelivery(delivery: DeliveryStory, messageId: string): Generator<string> {
  const { destination, state, reason, attempts, replays, due_at } = delivery
  yield `  ${mark(state)} ${paint.bold(destination)}  ${coloured(state)}${reason ? `: ${wordsFor(reason)}` : ''}`
  const decision = isJsonObject(delivery.decision) ? delivery.decision : {}
  yield* tellConsent(decision, messageId)
  if (typeof decision.subscription === 'string')
    yield detail(
      'mapping',
      `subscription "${decision.subscription}", table ${text(decision.mapping_version)}`,
    )
  const quality = decision.match_quality
  if (quality !== undefined && quality !== null)
    yield detail('matching', isJsonObject(quality) ? JSON.stringify(quality) : String(quality))
  for (const [at, attempt] of attempts.entries()) yield* tellAttempt(attempt, attempts[at - 1])
  for (const replay of replays) {
    const { replay_id, requested_by, requested_at, refusal, outcome, from_state, note } = replay
    const became = refusal ? `not sent: ${refusal}` : (outcome ?? 'under way')
    yield detail(
      'replay',
      `${replay_id} by ${requested_by}, ${requested_at}${note ? `, "${note}"` : ''}: ${from_state} → ${became}`,
    )
  }
  if (due_at) yield detail('next', due_at)
}

const REASONS: Readonly<Record<string, string>> = {
  trigger: 'trigger (not meant for this destination)',
  too_old: 'too_old (older than max_age: the platform would refuse or misplace it)',
  consent_denied: 'consent_denied',
  consent_unknown: 'consent_unknown (nobody has said yes or no)',
  no_identifier: 'no_identifier (nobody to attribute it to)',
  replayed: 'replayed (sent again on purpose, waiting for its turn)',
  withdrawn: 'withdrawn (somebody took it back before it was sent)',
}

function wordsFor(reason: string): string {
  return Object.hasOwn(REASONS, reason) ? (REASONS[reason] as string) : reason
}

function* tellConsent(decision: JsonObject, messageId: string): Generator<string> {
  const consent = objectAt(decision, 'consent')
  if (!consent) return
  const evidence = Array.isArray(consent.evidence) ? consent.evidence.filter(isJsonObject) : []
  if (evidence.length === 0) return yield detail('consent', 'none needed here')
  for (const { category, state, source, messageId: from, statedAt } of evidence) {
    const by = from === messageId ? 'this message' : `message ${text(from)}`
    const where = source === null ? 'nobody has said anything' : `said by ${by}, ${text(statedAt)}`
    yield detail('consent', `${text(category)} ${text(state)}: ${where}`)
  }
}

const WIDTH = 100

function* tellAttempt(attempt: AttemptStory, before?: AttemptStory): Generator<string> {
  const { number, started_at, status, duration_ms, error, request, response } = attempt
  const answer = status === null ? paint.red('no answer') : `answered ${status}`
  const fault = error ? `  ${paint.red(error)}` : ''
  yield detail(`attempt ${number}`, `${started_at}  ${answer} after ${duration_ms} ms${fault}`)
  const { method, url, bytes, action, events, payload, digest } = isJsonObject(request)
    ? request
    : {}
  const where = [method, url].filter(Boolean).map(text).join(' ')
  const how = [
    action && `action ${text(action)}`,
    typeof events === 'number' && events > 1 && `one of ${events} events`,
    typeof bytes === 'number' && `${bytes} bytes`,
  ].filter(Boolean)
  if (where) yield more('to', [where, ...how].join(', '))
  const same = isJsonObject(before?.request) && before.request.digest === digest
  if (payload !== undefined && same) yield more('sent', 'the same as before')
  else if (payload !== undefined) yield* wrapped('sent', JSON.stringify(payload))
  if (response) yield* wrapped('answer', response)
}

// Broken where JSON allows it to be read on.
function* wrapped(label: string, whole: string): Generator<string> {
  let rest = whole.replace(/\s+/g, ' ')
  let head = label
  while (rest.length > 0) {
    const comma = rest.length > WIDTH ? rest.lastIndexOf(',', WIDTH) : -1
    const end = rest.length <= WIDTH ? rest.length : comma > WIDTH / 2 ? comma + 1 : WIDTH
    yield more(head, rest.slice(0, end))
    rest = rest.slice(end)
    head = ''
  }
}

function fact(label: string, words: string): string {
  return `  ${label.padEnd(10)} ${words}`
}

function detail(label: string, words: string): string {
  return `    ${label.padEnd(11)} ${words}`
}

function more(label: string, words: string): string {
  return paint.dim(`      ${label.padEnd(9)} ${words}`)
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null)
}

function mark(state: string): string {
  if (state === 'delivered') return paint.green('●')
  return state === 'dead' || state === 'unknown' ? paint.red('✗') : paint.yellow('○')
}

function coloured(state: string): string {
  if (state === 'delivered') return paint.green(state)
  return state === 'dead' || state === 'unknown' ? paint.red(state) : paint.yellow(state)
}

function colouredOutcome(outcome: string): string {
  return outcome === 'accepted' ? paint.green(outcome) : paint.yellow(outcome)
}
