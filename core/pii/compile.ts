// Compiles a checked PII policy into an ES module that exports `protect`. A policy without rules becomes a function that
// gives back its argument, which the bundler leaves out whole.
import { parsePath } from './paths.ts'
import { KEYED_ACTIONS, type PiiSource } from './schema.ts'

export interface PiiCompilerOptions {
  /** Module path of core, which the generated module imports from. */
  readonly coreFrom: string
  /** Module path of the function that reads the secret from the settings, `piiKeyOf`. */
  readonly keyFrom: string
  /** Only the allowlist of this destination is compiled in; all of them by default. */
  readonly destination?: string
}

/** True when a rule of the policy needs the secret of the function's settings. */
export function needsKey({ rules }: PiiSource): boolean {
  return rules.some(({ action }) => KEYED_ACTIONS.has(action))
}

export function compilePiiPolicy(source: PiiSource, options: PiiCompilerOptions): string {
  const { coreFrom, keyFrom, destination } = options
  const allowed = Object.fromEntries(
    Object.entries(source.destinations).filter(
      ([name]) => destination === undefined || name === destination,
    ),
  )
  const isListed = Object.keys(allowed).length > 0
  // A field that no rule and no allowlist speaks of is only there for the check of mappings.
  const fields = Object.entries(source.fields).flatMap(([name, { paths }]) => {
    const rules = source.rules.filter((rule) => rule.fields.includes(name))
    if (rules.length === 0 && !isListed) return []
    return [
      `[${[name, paths.map(parsePath)].map((part) => JSON.stringify(part)).join(', ')}, [${rules.map(ruleText).join(', ')}]]`,
    ]
  })
  if (fields.length === 0) return 'export const protect = (message) => message\n'
  return [
    `import { createProtect } from ${JSON.stringify(`${coreFrom}/pii/policy.ts`)}`,
    `import * as a from ${JSON.stringify(`${coreFrom}/pii/actions.ts`)}`,
    `import { piiKeyOf } from ${JSON.stringify(keyFrom)}`,
    `export const protect = createProtect([\n${fields.join(',\n')}\n], ${JSON.stringify(allowed)}, piiKeyOf)`,
    '',
  ].join('\n')
}

function ruleText({ calls, events, action, normalise }: PiiSource['rules'][number]): string {
  const act = action === 'drop' ? '0' : action === 'keep' ? '1' : `a.${action}`
  const isHashed = action === 'hash' || KEYED_ACTIONS.has(action)
  const first = isHashed && normalise !== 'none' ? `a.${normalise}` : '0'
  return `[${JSON.stringify(calls ?? null)}, ${JSON.stringify(events ?? null)}, ${act}, ${first}]`
}
