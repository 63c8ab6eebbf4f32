// Writes a built file.
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { BuildOptions, BuiltFile } from './functions.ts'

/** Beside, then renamed: a workspace that is running never loads half a file. @param file relative to the output folder */
export function writeOutput({ outDir }: BuildOptions, file: string, text: string): BuiltFile {
  const target = path.join(outDir, file)
  mkdirSync(path.dirname(target), { recursive: true })
  const beside = `${target}.${process.pid}`
  writeFileSync(beside, text)
  renameSync(beside, target)
  return { file, bytes: Buffer.byteLength(text) }
}
