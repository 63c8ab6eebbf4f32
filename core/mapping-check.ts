// Whether messages are what mapping table and tracking plan say: what a team's CI asks of recorded messages.
import { canonicalise } from './canonicalise.ts'
import { isJsonObject, type JsonObject, textOf } from './json.ts'
import { isOwnReturn } from './loop-mark.ts'
import type { MappingTable } from './mapping-table.ts'
import { PREFERENCE_EVENT } from './tracking-plan/plan.ts'
import type { TrackingPlan } from './tracking-plan/violation.ts'

export interface MappingFinding {
  readonly kind: 'unmapped' | 'case' | 'type' | 'plan'
  /** Event name, or the call. */
  readonly event: string
  readonly problem: string
  /** One line: what to change, and where. */
  readonly fix: string
  /** Of an unmapped event: the row as it would stand in mappings/events.yaml. */
  readonly row?: string
  readonly count: number
  /** The first message that shows it: its number, from 1, and its id. */
  readonly first: { readonly number: number; readonly messageId: string }
}

export interface MappingCheckOptions {
  readonly table: MappingTable
  readonly plan: TrackingPlan
  /** Events that have no row on purpose. */
  readonly unmapped: ReadonlySet<string>
}

/** Findings in the order in which they first show; one of a kind is counted, not repeated. */
export function checkMessages(
  messages: readonly JsonObject[],
  options: MappingCheckOptions,
): MappingFinding[] {
  const found = new Map<string, MappingFinding>()
  messages.forEach((message, at) => {
    const first = { number: at + 1, messageId: textOf(message.messageId) ?? '' }
    for (const one of findingsOf(message, options)) {
      const key = `${one.event}\n${one.problem}`
      const known = found.get(key)
      found.set(key, known ? { ...known, count: known.count + 1 } : { ...one, count: 1, first })
    }
  })
  return [...found.values()]
}

type Finding = Omit<MappingFinding, 'count' | 'first'>

function findingsOf(message: JsonObject, options: MappingCheckOptions): Finding[] {
  if (!isJsonObject(message) || isOwnReturn(message)) return []
  const { table, plan } = options
  const event = message.type === 'track' ? String(message.event) : String(message.type)
  const entry = canonicalise(message, table)
  const isUnmapped = entry.kind === 'unmapped' && message.type === 'track'
  const broken = plan.check(message)?.violations ?? []
  return [
    ...(isUnmapped
      ? nameFindings(event, options)
      : entry.warnings.map((one) => readFinding(event, one))),
    ...broken.map((one) => planFinding(event, one)),
  ]
}

/** What is wrong with a name that came without a row; nothing when it has got one since, or has none on purpose. */
export function nameFindings(
  event: string,
  { table, unmapped }: Pick<MappingCheckOptions, 'table' | 'unmapped'>,
): Finding[] {
  if (table.rows.has(event) || unmapped.has(event) || event === PREFERENCE_EVENT) return []
  const near = table.similarTo(event)
  if (near)
    return [
      {
        kind: 'case',
        event,
        problem: `differs from "${near}" only by case or spacing, and names are exact`,
        fix: `send "${near}", or give "${event}" the row in mappings/events.yaml`,
      },
    ]
  return [
    {
      kind: 'unmapped',
      event,
      problem: 'has no row in mappings/events.yaml',
      fix: `add "- event: ${event}" there, or to mappings/tracking-plan.yaml with "mapped: false"`,
      row: rowFor(event),
    },
  ]
}

/** A row that the table takes as it stands; its names are a proposal. */
function rowFor(event: string): string {
  const words = event
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== '')
  // A canonical name begins with a letter, and a script without Latin letters leaves no word.
  const named = /^[A-Za-z]/.test(words[0] ?? '') ? words : ['event', ...words]
  const canonical = named.map((word) => word.toLowerCase()).join('_')
  const downstream = named.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join('')
  return `- { event: ${scalar(event)}, canonical: ${scalar(canonical)}, downstream: ${scalar(downstream)} }`
}

// Plain where YAML reads it as the text it is; JSON's text is YAML's too.
function scalar(text: string): string {
  const isPlain =
    /^[A-Za-z]\w*( \w+)*$/.test(text) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(text)
  return isPlain ? text : JSON.stringify(text)
}

export function readFinding(event: string, warning: string): Finding {
  return {
    kind: 'type',
    event,
    problem: warning,
    fix: NO_PROPERTY.test(warning)
      ? 'send it as the Segment spec has it'
      : 'send what the row reads, or change its "read" in mappings/events.yaml',
  }
}

const NO_PROPERTY = /^(consent|context|timestamp|user\.|event_id)/

export function planFinding(
  event: string,
  { type, field, description }: { type: string; field: string; description: string },
): Finding {
  const place = field.replace(/\.\d+(?=\.|$)/g, '.[]')
  return {
    kind: type === 'Invalid Type' ? 'type' : 'plan',
    event,
    problem: description.replace(/\.\d+(?=[.\s])/g, '.[]'),
    fix:
      FIXES[type]?.(place) ??
      `send what the plan says, or change ${place} in mappings/tracking-plan.yaml`,
  }
}

const FIXES: Readonly<Record<string, (field: string) => string>> = {
  Required: (field) => `send ${field}, or remove its "required" in mappings/tracking-plan.yaml`,
  'Invalid Type': (field) =>
    `send ${field} as planned, or change its "type" in mappings/tracking-plan.yaml`,
  Enum: (field) =>
    `send one of these, or add the value to "enum" of ${field} in mappings/tracking-plan.yaml`,
  'Unplanned Event': () => 'add a row to mappings/tracking-plan.yaml, or stop sending it',
}
