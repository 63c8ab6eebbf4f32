// Where the product's own files lie: dist/cli.js stands one folder below the root.
import path from 'node:path'

export const ROOT = path.join(__dirname, '..')
export const DIST = path.join(ROOT, 'dist')
export const MAPPINGS = path.join(ROOT, 'mappings')
export const MIGRATIONS = path.join(ROOT, 'store', 'migrations')
export const CONSOLE_ASSETS = path.join(ROOT, 'console', 'assets')
