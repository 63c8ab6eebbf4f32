// Files that pages refer to: one style sheet, one script, one icon. Their address carries a digest of their content, so
// that a browser keeps them for good and never shows an old one.
import { createHash } from 'node:crypto'
import type { ConsoleApp } from './app.tsx'

/** The content of a file of console/assets, or null. */
export type ReadAsset = (name: string) => Uint8Array<ArrayBuffer> | null

const TYPES: Readonly<Record<string, string>> = {
  'console.css': 'text/css; charset=utf-8',
  'console.js': 'text/javascript; charset=utf-8',
  'icon.svg': 'image/svg+xml',
}

export type AssetName = 'console.css' | 'console.js' | 'icon.svg'

const A_YEAR = 'public, max-age=31536000, immutable'

export function addAssets(app: ConsoleApp, readAsset: ReadAsset): void {
  app.get('/assets/:name', (context) => {
    const name = context.req.param('name')
    const type = TYPES[name]
    const content = type === undefined ? null : readAsset(name)
    if (type === undefined || content === null) return context.notFound()
    const digest = digestOf(content)
    const isNamed = context.req.query('v') === digest
    context.header('Content-Type', type)
    context.header('Cache-Control', isNamed ? A_YEAR : 'no-cache')
    context.header('ETag', `"${digest}"`)
    return context.body(content)
  })
}

/** Reads each file once: what a page names stays what it was when the process started. */
export function assetPaths(readAsset: ReadAsset): (name: AssetName) => string {
  const known = new Map<AssetName, string>()
  return (name) => {
    const before = known.get(name)
    if (before !== undefined) return before
    const content = readAsset(name)
    if (content === null) throw new Error(`console/assets/${name} is missing`)
    const address = `/assets/${name}?v=${digestOf(content)}`
    known.set(name, address)
    return address
  }
}

/** 12 characters of a digest. */
function digestOf(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('base64url').slice(0, 12)
}
