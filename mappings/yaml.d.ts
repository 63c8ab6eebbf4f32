// Imports of the mapping table are compiled by the bundler (build/mappings.ts).
declare module '*/events.yaml' {
  const table: import('../core/mapping-table.ts').MappingTable
  export default table
}

declare module '*/tracking-plan.yaml' {
  const plan: import('../core/tracking-plan/violation.ts').TrackingPlan
  export default plan
}

declare module '*/pii.yaml' {
  export const protect: import('../core/pii/policy.ts').Protect
}
