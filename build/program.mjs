// Bundles what runs on Node: the command line and the worker of the local Functions runtime. Packages stay outside.
import { existsSync } from 'node:fs'
import path from 'node:path'
import { build } from 'esbuild'

const PROGRAMS = {
  cli: 'cli/main.ts',
  bench: 'bench/main.ts',
  'workspace/realm-worker': 'workspace/realm-worker.ts',
}

/** Writes dist/cli.js and its companions under `root`. */
export async function bundleProgram(root) {
  const present = Object.entries(PROGRAMS).filter(([, file]) => existsSync(path.join(root, file)))
  await build({
    absWorkingDir: root,
    entryPoints: Object.fromEntries(present),
    outdir: 'dist',
    bundle: true,
    platform: 'node',
    target: 'node20.18',
    format: 'cjs',
    packages: 'external',
    loader: { '.sql': 'text' },
    jsx: 'automatic',
    jsxImportSource: 'hono/jsx',
    sourcemap: true,
    logLevel: 'warning',
  })
}
