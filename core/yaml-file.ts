// Reads a YAML file of mappings/ through a schema; every fault names the file, the line, the place and the fix.
import { LineCounter, parseDocument } from 'yaml'
import type { z } from 'zod'
import { TrackLayerError } from './errors.ts'

export type Path = readonly PropertyKey[]
export interface Problem {
  readonly path: Path
  readonly message: string
}

export interface YamlFile<Data> {
  readonly data: Data
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
  const place = (offset: number) => `${file}:${lines.linePos(offset).line}`
  if (document.errors.length > 0) {
    throw invalid(
      file,
      document.errors.map((error) => `${place(error.pos[0])} ${error.message}`),
    )
  }
  const content: unknown = document.toJS()
  const fault = (problems: readonly Problem[]) =>
    invalid(
      file,
      problems.map(({ path, message }) => {
        const at = offsetOf(document, path)
        return `${at === null ? file : place(at)} ${label(path, content)}: ${message}`
      }),
    )
  const parsed = schema.safeParse(content)
  if (parsed.success) return { data: parsed.data, fault }
  throw fault(parsed.error.issues.flatMap(problemsOf))
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
