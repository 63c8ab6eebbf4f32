// Builds the Action Destination as a folder for the public action-destinations repository (design 3.11): its own files as
// TypeScript that compiles there, and core with the compiled mappings as one bundled file behind `contract.ts`.
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { build, type Plugin } from 'esbuild'
import type { BuildOptions, BuiltFile } from './functions.ts'
import { compileMappings, mappingsPlugin } from './mappings.ts'
import { writeOutput } from './write-output.ts'

const FOLDER = path.join('destinations', 'tracklayer')
const CORE = 'core.ts'
const BUNDLED: ReadonlySet<string> = new Set([CORE, 'pii-key.ts'])

/** Writes `destinations/tracklayer/` into the output folder. It needs `@segment/actions-core` and nothing else. */
export async function buildDestination(options: BuildOptions): Promise<BuiltFile[]> {
  const source = path.join(options.root, FOLDER)
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !BUNDLED.has(file))
    .sort()
  const own = files.map((file) =>
    writeOutput(
      options,
      path.join(FOLDER, file),
      forTheRepository(readFileSync(path.join(source, file), 'utf8')),
    ),
  )
  const core = writeOutput(options, path.join(FOLDER, CORE), await bundleCore(options, source))
  return [...own, core]
}

// The repository's compiler wants imports without an ending, and knows nothing of our linter.
function forTheRepository(text: string): string {
  return text
    .replace(/ from '(\.\.?\/[^']*?)(\/index)?\.ts'/g, " from '$1'")
    .replace(/^\s*\/\/ biome-ignore .*\n/gm, '')
}

// Bundled, and not copied file by file: core is written for a newer TypeScript than the repository's. What it gives is typed
// by the contract, so nothing of the bundle needs types of its own.
async function bundleCore({ root, mappingsDir }: BuildOptions, source: string): Promise<string> {
  const keyFrom = path.join(source, 'pii-key.ts')
  const modules = compileMappings({ root, mappingsDir, keyFrom }).modulesFor('tracklayer')
  const result = await build({
    entryPoints: [path.join(source, CORE)],
    bundle: true,
    write: false,
    logLevel: 'silent',
    format: 'esm',
    platform: 'node',
    target: 'es2020',
    charset: 'utf8',
    plugins: [mappingsPlugin(modules, root), olderCrypto],
  })
  const code = result.outputFiles[0]?.text ?? ''
  const exported = /export \{\s*(\w+) as default\s*\};?\s*$/.exec(code)
  if (!exported) throw new Error('The bundle of the destination has no default export')
  return [
    '/* eslint-disable */',
    '// @ts-nocheck',
    '// TrackLayer core and mapping table, bundled: built by `tracklayer build`. Change mappings/ and build again.',
    "import type { Core } from './contract'",
    withoutPaths(code.slice(0, exported.index)),
    `const trackLayerCore: Core = ${exported[1]}`,
    'export default trackLayerCore',
    '',
  ].join('\n')
}

// esbuild heads each module with the path at which it found it.
function withoutPaths(code: string): string {
  return code.replace(
    /^\/\/ (?:\S*\/)?((?:core|destinations|mappings)\S*|mappings:\S+)\n/gm,
    '// $1\n',
  )
}

const olderCrypto: Plugin = {
  name: 'older-crypto',
  setup(setup) {
    setup.onResolve({ filter: /^node:crypto$/ }, () => ({ path: 'crypto', external: true }))
  },
}
