// Compiles a checked mapping table into plain JavaScript (design 3.1): one object of three small functions a row, no
// interpreter. The text is an ES module.
import { createHash } from 'node:crypto'
import { canonicalJson } from './canonical-json.ts'
import { type MappingSource, type PropertyRule, READERS, type RowSource } from './mapping-schema.ts'
import { parseTemplate } from './template.ts'

export interface CompilerOptions {
  /** Module path of core, which the generated module imports from. */
  readonly coreFrom: string
}

/** The table's version: the human one and the first six hexadecimal digits of its content's SHA-256. */
export function versionOf(source: MappingSource): string {
  const hash = createHash('sha256').update(canonicalJson(source)).digest('hex')
  return `${source.version}+${hash.slice(0, 6)}`
}

/** The text of a module that exports the compiled table as default (a MappingTable). */
export function compileMappingTable(source: MappingSource, { coreFrom }: CompilerOptions): string {
  const shared = createSharedFunctions()
  const rows = source.events.map((row) => compileRow(row, source, shared.nameOf))
  return [
    `import { createMappingTable } from ${text(`${coreFrom}/mapping-table.ts`)}`,
    `import { ${[...new Set(Object.values(READERS))].join(', ')} } from ${text(`${coreFrom}/property-readers.ts`)}`,
    `import { fillTemplate } from ${text(`${coreFrom}/template.ts`)}`,
    ...shared.declarations,
    `export default createMappingTable(${text(versionOf(source))}, [`,
    rows.join(',\n'),
    '])',
    '',
  ].join('\n')
}

// Rows repeat themselves: the same code is declared once and named, which halves the bundle.
function createSharedFunctions() {
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
  return { declarations, nameOf }
}

type NameOf = (code: string) => string

function compileRow(row: RowSource, { transforms }: MappingSource, nameOf: NameOf): string {
  const groups = [...row.transforms.map((name) => transforms[name] ?? {}), row.properties]
    .map((rules) => Object.entries(rules))
    .filter((rules) => rules.length > 0)
  const steps = groups.map((rules) => `${nameOf(applyRules(rules))}(p, o, w)`)
  const excluded = excludedNames(groups.flat()).map((name, at) => `${text(name)}: _${at}`)
  const map = `(p, w) => { const { ${excluded.join(', ')}, ...o } = p; ${steps.join('; ')}; return o }`
  return `[${[row.event, row.canonical, row.downstream].map(text).join(', ')}, ${row.conversion}, ${[
    map,
    templates(row.event_id === undefined ? [] : [row.event_id]),
    templates(row.dedup),
  ]
    .map(nameOf)
    .join(', ')}${row.reverses ? `, ${JSON.stringify(row.reverses)}` : ''}]`
}

// `__proto__` never passes: a later copy of the properties must not be able to change an object's prototype.
// event_id is set by the canonicaliser for every row.
function excludedNames(rules: [string, PropertyRule][]): string[] {
  const renamed = rules.flatMap(([target, { from }]) => [target, ...(from ?? [])])
  return [...new Set(['__proto__', 'event_id', ...renamed])].filter((name) => name !== '.').sort()
}

function applyRules(rules: [string, PropertyRule][]): string {
  return `(p, o, w) => { let v; ${rules.map(([target, rule]) => assignment(target, rule)).join('; ')} }`
}

function assignment(target: string, rule: PropertyRule): string {
  const sources = [...(rule.from ?? []), ...(rule.else ?? [])]
  const reads = (sources.length > 0 ? sources : [target]).map(
    (name) => `${READERS[rule.read]}(${text(name)}, ${name === '.' ? 'p' : `p[${text(name)}]`}, w)`,
  )
  return `v = ${reads.join(' ?? ')}; if (v !== undefined) o[${text(target)}] = v`
}

// Placeholders that name the person or the message; every other one is a canonical property.
const ID_NAMES = new Set(['user_id', 'anonymous_id', 'group_id', 'message_id'])

function templates(list: readonly string[]): string {
  const filled = list.map((template) => {
    const parts = parseTemplate(template).map(({ text: piece, name }) =>
      name === null ? text(piece) : `[${ID_NAMES.has(name) ? 'ids' : 'o'}[${text(name)}]]`,
    )
    return `fillTemplate([${parts.join(', ')}])`
  })
  return `(o, ids) => ${[...filled, 'null'].join(' ?? ')}`
}

function text(value: string): string {
  return JSON.stringify(value)
}
