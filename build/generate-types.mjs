#!/usr/bin/env node
// Regenerates destinations/tracklayer/**/generated-types.ts after a change of its fields: `node build/generate-types.mjs`.
// A test says when that was forgotten.
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..')

// The fields do not depend on the mapping table.
const emptyTable = {
  name: 'empty-table',
  setup(setup) {
    setup.onLoad({ filter: /\.yaml$/ }, () => ({ contents: 'export default {}', loader: 'js' }))
  },
}

const bundle = await build({
  absWorkingDir: root,
  entryPoints: ['build/write-types.ts'],
  bundle: true,
  platform: 'node',
  format: 'cjs',
  packages: 'external',
  write: false,
  plugins: [emptyTable],
})
const module = { exports: {} }
const require = createRequire(path.join(root, 'build', 'write-types.ts'))
new Function('module', 'require', bundle.outputFiles[0].text)(module, require)
module.exports.writeTypes(path.join(root, 'destinations', 'tracklayer'))
