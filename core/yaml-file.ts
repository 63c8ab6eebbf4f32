// Reads a YAML file of mappings/ through a schema; every fault names the file, the line, the place and the fix.
import { LineCounter, parseDocument, visit } from 'yaml'
import type { z } from 'zod'
import { messageOf, TrackLayerError } from './errors.ts'

export type Path = readonly PropertyKey[]
export interface Problem {
  readonly path: Path
  readonly message: string
}

export interface YamlFile<Data> {
  readonly data: Data
  /** The line of what a path points to, from 1; of what holds it where it is not written out. */
  lineOf(path: Path): number
  /** An error for faults that only a later look finds, placed like the schema's own. */
  fault(problems: readonly Problem[]): TrackLayerError
}

/**
 * @param text the file's content
 * @param file its name, for messages
 * @param label names the place a path points to, e.g. `row 8 "Order Completed"`; `data` is the unchecked content
 * @throws TrackLayerError MAPPING_INVALID listing every fault found
 */
export function parseYamlFile<Schema extends z.ZodType>(
  text: string,
  file: string,
  schema: Schema,
  label: (path: Path, data: unknown) => string,
): YamlFile<z.output<Schema>> {
  const lines = new LineCounter()
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: true,
  })
  const lineAt = (offset: number) => lines.linePos(offset).line
  const place = (offset: number) => `${file}:${lineAt(offset)}`
  if (document.errors.length > 0) {
    throw invalid(
      file,
      document.errors.map((error) => `${place(error.pos[0])} ${error.message}`),
    )
  }
  const dangling: string[] = []
  visit(document, {
    Alias(_key, alias) {
      if (alias.resolve(document)) return
      dangling.push(
        `${place(alias.range?.[0] ?? 0)} *${alias.source} has no anchor above it; write &${alias.source} at what it stands for`,
      )
    },
  })
  if (dangling.length > 0) throw invalid(file, dangling)
  const content = contentOf(document, file)
  const fault = (problems: readonly Problem[]) =>
    invalid(
      file,
      problems.map(({ path, message }) => {
        const at = offsetOf(document, path)
        return `${at === null ? file : place(at)} ${label(path, content)}: ${message}`
      }),
    )
  const polluting = prototypeKeys(content, [])
  if (polluting.length > 0) throw fault(polluting)
  const parsed = schema.safeParse(content)
  const lineOf = (path: Path) => lineAt(offsetOf(document, path) ?? 0)
  if (parsed.success) return { data: parsed.data, lineOf, fault }
  throw fault(parsed.error.issues.flatMap(problemsOf))
}

// A tracking plan names its shared rules some hundred times; nested without end they make millions.
const MAX_ALIASES = 10_000

// Aliases that multiply without end are only noticed when they are followed.
function contentOf(document: ReturnType<typeof parseDocument>, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES })
  } catch (error) {
    throw invalid(file, [`${file} ${messageOf(error)}; write out what the aliases repeat`])
  }
}

// Zod leaves such a key out without a word, and whoever wrote it would wonder.
function prototypeKeys(value: unknown, path: Path): Problem[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => {
    const place = [...path, Array.isArray(value) ? Number(key) : key]
    if (key !== '__proto__') return prototypeKeys(inner, place)
    return [{ path: place, message: '"__proto__" is no name; choose another' }]
  })
}

// An unknown key is placed at the key itself, so that the line shown is the line to change.
function problemsOf(issue: z.core.$ZodIssue): Problem[] {
  if (issue.code !== 'unrecognized_keys') return [{ path: issue.path, message: issue.message }]
  return issue.keys.map((key) => ({
    path: [...issue.path, key],
    message: `"${key}" is not a key here; remove it or check its spelling`,
  }))
}

type Ranged = { range?: [number, number, number] | null }

// The deepest node that exists on the path: what is missing is placed where it should have been.
function offsetOf(document: ReturnType<typeof parseDocument>, path: Path): number | null {
  for (let length = path.length; length >= 0; length--) {
    const node = document.getIn(path.slice(0, length), true) as Ranged | undefined
    if (node?.range) return node.range[0]
  }
  return null
}

function invalid(file: string, faults: readonly string[]): TrackLayerError {
  const count = faults.length === 1 ? '1 fault' : `${faults.length} faults`
  return new TrackLayerError('MAPPING_INVALID', [`${file} has ${count}:`, ...faults].join('\n  '))
}
