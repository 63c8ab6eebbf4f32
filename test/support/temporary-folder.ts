// A folder for what a test writes, gone when its file's tests are over.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

const folders: string[] = []
afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** @param name stands in the folder's own, e.g. `cli` */
export function temporaryFolder(name: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), `tracklayer-${name}-`))
  folders.push(folder)
  return folder
}
