// Installs dependencies when they are missing or differ from package-lock.json. Plain JavaScript without imports of
// packages, because it runs before any exists.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** Makes `node_modules` match the lockfile under `root`; says one line when it had to do something. */
export function ensureDependencies(root) {
  const reason = outOfDate(root)
  if (!reason) return
  console.error(`Installing dependencies (${reason}) …`)
  const started = Date.now()
  // Not `npm ci`: it refuses a lockfile without every optional package of every other platform, and not each registry
  // has them all. With --no-save the lockfile decides the versions and stays as it is.
  const flags = ['--no-save', '--no-audit', '--no-fund', '--loglevel=error']
  const result = spawnSync('npm', ['install', ...flags], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  })
  if (result.status !== 0) {
    console.error(
      'npm install failed; the lines above say why. Run it again once the cause is gone.',
    )
    process.exit(1)
  }
  console.error(`Dependencies installed in ${((Date.now() - started) / 1000).toFixed(0)} s.`)
}

// npm writes what it installed to node_modules/.package-lock.json; comparing it with the lockfile is exact and takes
// a millisecond. Optional packages of other platforms are absent by design.
function outOfDate(root) {
  const installedFile = path.join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(installedFile)) return 'none yet'
  const wanted = packagesOf(path.join(root, 'package-lock.json'))
  const installed = packagesOf(installedFile)
  for (const [place, { version, optional }] of Object.entries(wanted)) {
    if (place === '' || installed[place]?.version === version) continue
    if (optional && !installed[place]) continue
    return `${place.replace(/^.*node_modules\//, '')} ${version} is wanted`
  }
  return null
}

function packagesOf(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages
}
