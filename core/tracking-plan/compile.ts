// Compiles a checked tracking plan into plain JavaScript: a function for each set of fields, no schema and no
// interpreter. The text is an ES module. Equal sets of fields, such as the products of every event, become one function.
import { createHash } from 'node:crypto'
import { canonicalJson } from '../canonical-json.ts'
import { type Field, type Fields, type PlanRule, type PlanSource, rulesOf } from './schema.ts'

export interface PlanCompilerOptions {
  /** Module path of core, which the generated module imports from. */
  readonly coreFrom: string
}

/** The plan's version: the human one and the first six hexadecimal digits of its content's SHA-256. */
export function planVersionOf(source: PlanSource): string {
  const hash = createHash('sha256').update(canonicalJson(source)).digest('hex')
  return `${source.version}+${hash.slice(0, 6)}`
}

/** The text of a module that exports the compiled plan as default (a TrackingPlan). */
export function compileTrackingPlan(source: PlanSource, { coreFrom }: PlanCompilerOptions): string {
  const rules = rulesOf(source)
  const seen = new Map<string, number>()
  for (const rule of rules) compileRule(rule, createShared(seen))
  const shared = createShared(new Map(), seen)
  const rows = rules.map((rule) => compileRule(rule, shared))
  const header = {
    name: source.name,
    version: planVersionOf(source),
    unplannedEvents: source.unplanned_events,
  }
  return [
    `import { createTrackingPlan } from ${text(`${coreFrom}/tracking-plan/plan.ts`)}`,
    `import * as c from ${text(`${coreFrom}/tracking-plan/checks.ts`)}`,
    ...shared.declarations,
    `export default createTrackingPlan(${JSON.stringify(header)}, [`,
    rows.join(',\n'),
    '])',
    '',
  ].join('\n')
}

interface Shared {
  readonly declarations: string[]
  nameOf(code: string): string
  /** The check of one field of `o`: called by name where several sets of fields have the same. */
  statement(field: string, code: string): string
}

/**
 * @param counts is filled with how often each field was asked for
 * @param known the counts of an earlier pass over the same plan
 */
function createShared(
  counts: Map<string, number>,
  known: ReadonlyMap<string, number> = new Map(),
): Shared {
  const names = new Map<string, string>()
  const declarations: string[] = []
  const nameOf = (code: string) => {
    const known = names.get(code)
    if (known !== undefined) return known
    const name = `f${names.size}`
    names.set(code, name)
    declarations.push(`const ${name} = ${code}`)
    return name
  }
  const statement = (field: string, code: string) => {
    counts.set(field, (counts.get(field) ?? 0) + 1)
    return (known.get(field) ?? 0) < 2
      ? code
      : `${nameOf(`(o, a, f) => { let x; ${code} }`)}(o, a, f)`
  }
  return { declarations, nameOf, statement }
}

function compileRule(rule: PlanRule, shared: Shared): string {
  const { call, event, version, onViolation, unplannedProperties } = rule
  const tracksUnplanned = unplannedProperties !== 'allow'
  const isUnchecked = onViolation === 'allow' && !tracksUnplanned
  const { message, ...parts } = rule.parts
  const steps = Object.entries(parts).map(([part, fields]) => {
    // Only what a plan lists is planned: a context holds what libraries put there.
    const check = fieldsFunction(fields, tracksUnplanned && part !== 'context', shared)
    return `c.part(m.${part}, ${check}, ${text(part)}, f)`
  })
  if (message) steps.push(`${fieldsFunction(message, false, shared)}(m, null, f)`)
  const check = isUnchecked || steps.length === 0 ? '0' : `(m, f) => { ${steps.join('; ')} }`
  return `[${[call, event ?? ''].map(text).join(', ')}, ${version}, ${text(onViolation)}, ${text(unplannedProperties)}, ${check === '0' ? check : shared.nameOf(check)}]`
}

function fieldsFunction(fields: Fields, tracksUnplanned: boolean, shared: Shared): string {
  const statements = Object.entries(fields).flatMap(([name, field]) => {
    const checks = checksOf(field, text(name), tracksUnplanned, shared)
    if (checks.length === 0) return []
    // Every object has a `constructor`; only its own is the sender's.
    const isInherited = name in Object.prototype
    const read = isInherited
      ? `Object.hasOwn(o, ${text(name)}) ? o[${text(name)}] : undefined`
      : `o[${text(name)}]`
    const key = `${name} ${tracksUnplanned} ${canonicalJson({ ...field, description: '' })}`
    return [shared.statement(key, `x = ${read}; ${checks.join(' && ')}`)]
  })
  if (tracksUnplanned) {
    const planned = shared.nameOf(`new Set(${JSON.stringify(Object.keys(fields))})`)
    statements.push(`c.unplanned(o, ${planned}, a, f)`)
  }
  return shared.nameOf(`(o, a, f) => { let x; ${statements.join('; ')} }`)
}

function valueFunction(field: Field, tracksUnplanned: boolean, shared: Shared): string {
  const checks = checksOf({ ...field, required: true }, 'k', tracksUnplanned, shared)
  return shared.nameOf(`(x, a, k, f) => { ${checks.join(' && ')} }`)
}

const CHECK_OF: Readonly<Record<string, string>> = {
  string: 'str',
  number: 'num',
  integer: 'int',
  boolean: 'bool',
  object: 'obj',
  array: 'list',
}

// The type's check comes first and guards the rest. The usual case of each is written out in front of its call, which
// then only says what is wrong: calls are what a valid event would spend its time on.
function checksOf(field: Field, key: string, tracksUnplanned: boolean, shared: Shared): string[] {
  const call = (check: string, want: string) => `c.${check}(x, ${want}, a, ${key}, f)`
  const only = onlyType(field)
  const rest = [
    ...BOUNDS.flatMap(([rule, check, fast]) => {
      const bound = field[rule]
      if (bound === undefined) return []
      return [only ? `${fast(bound)} || ${call(check, String(bound))}` : call(check, String(bound))]
    }),
    ...(field.pattern === undefined ? [] : [patternCheck(field.pattern)]),
    ...(field.enum ? [enumCheck(shared.nameOf(JSON.stringify(field.enum)))] : []),
    ...(field.items ? [call('each', valueFunction(field.items, tracksUnplanned, shared))] : []),
    ...(field.properties
      ? [call('inside', fieldsFunction(field.properties, tracksUnplanned, shared))]
      : []),
  ]
  const first = typeCheck(field, key)
  if (rest.length === 0) return first === null ? [] : [first]
  return [first === null ? 'x !== undefined' : `(${first})`, `(${rest.join(', ')})`]

  function patternCheck(pattern: string): string {
    const name = shared.nameOf(`new RegExp(${text(pattern)}, "u")`)
    return only ? `${name}.test(x) || ${call('pattern', name)}` : call('pattern', name)
  }

  function enumCheck(name: string): string {
    return `${name}.includes(x) || ${call('among', name)}`
  }
}

const BOUNDS = [
  ['minimum', 'atLeast', (min: number) => `x >= ${min}`],
  ['maximum', 'atMost', (max: number) => `x <= ${max}`],
  // A character outside the basic plane has two units, and counts once.
  ['minLength', 'minLength', (min: number) => `x.length >= ${2 * min}`],
  ['maxLength', 'maxLength', (max: number) => `x.length <= ${max}`],
  ['minItems', 'minItems', (min: number) => `x.length >= ${min}`],
  ['maxItems', 'maxItems', (max: number) => `x.length <= ${max}`],
] as const

function typeCheck(field: Field, key: string): string | null {
  const { type, required } = field
  const only = onlyType(field)
  const check = only && CHECK_OF[only]
  if (check) {
    const fast = FAST_TYPE[only] ?? ''
    return `${fast}c.${required ? capital(check) : check}(x, a, ${key}, f)`
  }
  if (type !== undefined)
    return `c.${required ? 'OneOf' : 'oneOf'}(x, ${text([type].flat().join(' or '))}, a, ${key}, f)`
  return required ? `c.There(x, a, ${key}, f)` : null
}

const FAST_TYPE: Readonly<Record<string, string>> = {
  string: 'typeof x == "string" || ',
  number: 'typeof x == "number" || ',
  integer: 'Number.isInteger(x) || ',
  boolean: 'typeof x == "boolean" || ',
}

/** The field's type when it has exactly one. */
function onlyType({ type }: Field): string | undefined {
  const types = type === undefined ? [] : [type].flat()
  return types.length === 1 ? types[0] : undefined
}

function capital(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1)
}

function text(value: string): string {
  return JSON.stringify(value)
}
