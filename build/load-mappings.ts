// A folder of mappings compiled and loaded in one go: for commands that look at it as it stands, built or not.
import vm from 'node:vm'
import type { MappingTable } from '../core/mapping-table.ts'
import type { TrackingPlan } from '../core/tracking-plan/violation.ts'
import { bundleMapping } from './functions.ts'
import { compileMappings, type MappingsOptions } from './mappings.ts'

export interface LoadedMappings {
  readonly table: MappingTable
  readonly plan: TrackingPlan
}

/** @throws TrackLayerError MAPPING_INVALID */
export async function loadMappings(options: MappingsOptions): Promise<LoadedMappings> {
  const modules = compileMappings(options).modulesFor()
  const [table, plan] = await Promise.all(
    ['events', 'tracking-plan'].map((name) => bundleMapping(options, name, modules)),
  )
  return { table: evaluate(table) as MappingTable, plan: evaluate(plan) as TrackingPlan }
}

function evaluate(text = ''): unknown {
  const module: { exports: { default?: unknown } } = { exports: {} }
  vm.runInThisContext(`(module, exports, require) => {${text}}`)(module, module.exports, require)
  return module.exports.default
}
