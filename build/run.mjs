#!/usr/bin/env node
// What the npm scripts run: set up (dependencies, bundles), then the task. `node build/run.mjs <task> [arguments]`.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensureDependencies } from './dependencies.mjs'

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..')
const bin = (name) => path.join(root, 'node_modules', name)
const JEST = bin('jest/bin/jest.js')
const BIOME = bin('@biomejs/biome/bin/biome')
const TSC = bin('typescript/bin/tsc')

const [task, ...args] = process.argv.slice(2)

const tasks = {
  build: () => build(args),
  dev: async () => {
    await build(['--quiet'])
    return follow(path.join(root, 'dist', 'cli.js'), ['dev', ...args])
  },
  jest: () => jest('usual'),
  'jest-long': () => jest('long'),
  'jest-browser': () => jest('browser'),
  bench: async () => {
    await build(['--quiet'])
    return follow(path.join(root, 'dist', 'bench.js'), args)
  },
  ok: async () => {
    run(BIOME, ['ci', '.'])
    run(TSC, ['--noEmit'])
    return jest('quick')
  },
}

if (!tasks[task]) {
  console.error(`Unknown task "${task ?? ''}"; want one of: ${Object.keys(tasks).join(', ')}`)
  process.exit(2)
}
ensureDependencies(root)
process.exitCode = await tasks[task]()

// The command line is itself a bundle: made first, it then builds the function bundles as a user's `tracklayer build`.
async function build(buildArgs) {
  const { bundleProgram } = await import('./program.mjs')
  await bundleProgram(root)
  run(path.join(root, 'dist', 'cli.js'), ['build', ...buildArgs])
  return 0
}

function jest(suite) {
  return follow(JEST, args, { TEST_SUITE: suite })
}

function run(file, runArgs) {
  const { status } = spawnSync(process.execPath, [file, ...runArgs], {
    cwd: root,
    stdio: 'inherit',
  })
  if (status !== 0) process.exit(status ?? 1)
}

// Long-running tasks get the signals themselves, so that Ctrl-C is theirs to handle and their exit code is ours.
function follow(file, followArgs, env = {}) {
  if (!existsSync(file))
    throw new Error(`${path.relative(root, file)} is missing: run npm run build`)
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [file, ...followArgs], {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, ...env },
    })
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
    child.on('exit', (code, signal) => resolve(code ?? (signal ? 130 : 1)))
  })
}
