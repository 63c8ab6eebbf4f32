// Imports of the mapping table are compiled by the bundler (build/mappings.ts).
declare module '*/events.yaml' {
  const table: import('../core/mapping-table.ts').MappingTable
  export default table
}
