// `@liquid` on an engine that comes in as an argument, with mapping-kit's limits. Core itself never loads liquidjs.

/** Compiles one template; what it returns renders it for a payload. */
export type CompileLiquid = (template: string) => (payload: unknown) => string

/** What is used of a liquidjs engine. */
interface LiquidEngine {
  registerTag(name: string, tag: { parse(): never; render(): never }): void
  unregisterFilter(name: string): void
  parse(text: string): readonly unknown[]
  renderSync(template: never[], scope?: object): unknown
}

interface LiquidOptions {
  readonly renderLimit: number
  readonly parseLimit: number
  readonly memoryLimit: number
  readonly strictFilters: boolean
}

// Milliseconds, characters, and the engine's own unit of memory: mapping-kit's values. A filter nobody knows would
// otherwise be skipped without a word.
const OPTIONS: LiquidOptions = {
  renderLimit: 500,
  parseLimit: 1000,
  memoryLimit: 1e8,
  strictFilters: true,
}

// mapping-kit has these switched off: loops, partials, and filters whose work grows with the event.
const TAGS_OFF = ['case', 'for', 'include', 'layout', 'render', 'tablerow']
const FILTERS_OFF = [
  ...['array_to_sentence_string', 'concat', 'find', 'find_exp', 'find_index', 'find_index_exp'],
  ...['group_by', 'group_by_exp', 'has', 'has_exp', 'map', 'newline_to_br', 'reject', 'reject_exp'],
  ...['reverse', 'sort', 'sort_natural', 'uniq', 'where_exp', 'type'],
]

/** @param Engine the class `Liquid` of liquidjs */
export function createLiquidCompiler(
  Engine: new (options: LiquidOptions) => LiquidEngine,
): CompileLiquid {
  const engine = new Engine(OPTIONS)
  for (const name of TAGS_OFF) {
    const refuse = () => {
      throw new Error(`tag "${name}" is switched off; use @if or @arrayPath around the template`)
    }
    engine.registerTag(name, { parse: refuse, render: refuse })
  }
  for (const name of FILTERS_OFF) engine.unregisterFilter(name)
  return (text) => {
    const template = engine.parse(text) as never[]
    return (payload) => String(engine.renderSync(template, scopeOf(payload)))
  }
}

// A copy of the top level: `increment` counts in the scope it is given, which would be the event.
function scopeOf(payload: unknown): object {
  return typeof payload === 'object' && payload !== null && !Array.isArray(payload)
    ? { ...payload }
    : (payload as object)
}
