// Compiles a checked mapping table into plain JavaScript (design 3.1): a row names the groups of properties it reads, each
// a small function, and its templates. The text is an ES module.
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

// What a row does not have is left off its end: that saves a bundle more than the words do.
function compileRow(row: RowSource, { transforms }: MappingSource, nameOf: NameOf): string {
  const groups = [...row.transforms.map((name) => transforms[name] ?? {}), row.properties]
    .map((rules) => Object.entries(rules))
    .filter((rules) => rules.length > 0)
    .map((rules) => nameOf(compileGroup(rules)))
  const cells = [
    ...[row.event, row.canonical, row.downstream].map(text),
    String(row.conversion),
    `[${groups.join(', ')}]`,
    templates(row.dedup, nameOf),
    templates(row.event_id === undefined ? [] : [row.event_id], nameOf),
    row.reverses ? JSON.stringify(row.reverses) : '',
  ]
  while (cells.at(-1) === '') cells.pop()
  return `[${cells.join(', ')}]`
}

// Names that are read under another name, or written, do not pass through as they are.
function compileGroup(rules: [string, PropertyRule][]): string {
  const names = rules.flatMap(([target, { from }]) => [target, ...(from ?? [])])
  const listed = [...new Set(names)].filter((name) => name !== '.').sort()
  return `[${JSON.stringify(listed)}, ${applyRules(rules)}]`
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

function templates(list: readonly string[], nameOf: NameOf): string {
  if (list.length === 0) return ''
  const filled = list.map((template) => {
    const parts = parseTemplate(template).map(({ text: piece, name }) =>
      name === null ? text(piece) : `[${ID_NAMES.has(name) ? 'ids' : 'o'}[${text(name)}]]`,
    )
    return `fillTemplate([${parts.join(', ')}])`
  })
  return nameOf(`(o, ids) => ${filled.join(' ?? ')}`)
}

function text(value: string): string {
  return JSON.stringify(value)
}
