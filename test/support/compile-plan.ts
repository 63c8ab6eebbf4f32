// Tracking plans and PII policies compiled from YAML text the way the build does it, and loaded.
import path from 'node:path'
import vm from 'node:vm'
import { buildSync } from 'esbuild'
import { compilePiiPolicy } from '../../core/pii/compile.ts'
import type { Protect } from '../../core/pii/policy.ts'
import { parsePiiPolicy } from '../../core/pii/schema.ts'
import { compileTrackingPlan } from '../../core/tracking-plan/compile.ts'
import { type PlanSource, parseTrackingPlan } from '../../core/tracking-plan/schema.ts'
import type { TrackingPlan } from '../../core/tracking-plan/violation.ts'

const ROOT = path.join(__dirname, '..', '..')
const coreFrom = path.join(ROOT, 'core')

export function planOf(source: string | PlanSource): TrackingPlan {
  const parsed = typeof source === 'string' ? parseTrackingPlan(source, 'plan.yaml') : source
  return load<{ default: TrackingPlan }>(compileTrackingPlan(parsed, { coreFrom })).default
}

export function protectOf(yaml: string): Protect {
  const keyFrom = path.join(ROOT, 'test', 'support', 'pii-key.ts')
  const source = parsePiiPolicy(yaml, 'pii.yaml')
  return load<{ protect: Protect }>(compilePiiPolicy(source, { coreFrom, keyFrom })).protect
}

function load<Module>(contents: string): Module {
  const { outputFiles } = buildSync({
    stdin: { contents, resolveDir: ROOT, loader: 'js' },
    bundle: true,
    format: 'cjs',
    platform: 'node',
    write: false,
  })
  const module = { exports: {} }
  vm.runInThisContext(`(module, exports, require) => {${outputFiles[0]?.text}}`)(
    module,
    module.exports,
    require,
  )
  return module.exports as Module
}
