// Mapping tables compiled from YAML text the way the build does it, and loaded.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { buildSync } from 'esbuild'
import { compileMappingTable } from '../../core/mapping-compiler.ts'
import { parseMappingSource } from '../../core/mapping-schema.ts'
import type { MappingTable } from '../../core/mapping-table.ts'

const ROOT = path.join(__dirname, '..', '..')

/** The code of the table as an ES module, before bundling. */
export function compiledText(yaml: string): string {
  return compileMappingTable(parseMappingSource(yaml, 'events.yaml'), {
    coreFrom: path.join(ROOT, 'core'),
  })
}

export interface Bundle {
  readonly table: MappingTable
  readonly code: string
}

export function bundleOf(yaml: string): Bundle {
  const folder = mkdtempSync(path.join(tmpdir(), 'tracklayer-mapping-'))
  try {
    const file = path.join(folder, 'table.js')
    const { outputFiles } = buildSync({
      stdin: { contents: compiledText(yaml), resolveDir: ROOT, loader: 'js' },
      bundle: true,
      format: 'cjs',
      platform: 'node',
      write: false,
    })
    const code = outputFiles[0]?.text ?? ''
    writeFileSync(file, code)
    return { table: require(file).default, code }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
