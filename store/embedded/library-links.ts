// npm packs no symbolic links; the platform package lists those between its libraries, and a script that npm may have
// been told to skip makes them.
import { lstat, readFile, symlink } from 'node:fs/promises'
import path from 'node:path'

export interface LibraryLink {
  readonly source: string
  readonly target: string
}

/** The links of an unpacked platform package that are not there. */
export async function missingLinks(native: string): Promise<LibraryLink[]> {
  const text = await readFile(path.join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  const listed = JSON.parse(text) as LibraryLink[]
  const links = listed.map(({ source, target }) => ({
    source: path.join(native, '..', source),
    target: path.join(native, '..', target),
  }))
  const present = await Promise.all(links.map(({ target }) => exists(target)))
  return links.filter((_, index) => !present[index])
}

/** False when the folder may not be written to; another process that makes the same links is welcome. */
export async function makeLinks(links: readonly LibraryLink[]): Promise<boolean> {
  for (const { source, target } of links) {
    const isBeside = path.dirname(source) === path.dirname(target)
    try {
      await symlink(isBeside ? path.basename(source) : source, target)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EROFS' || code === 'EACCES' || code === 'EPERM') return false
      if (code !== 'EEXIST') throw error
    }
  }
  return true
}

function exists(file: string): Promise<boolean> {
  return lstat(file).then(
    () => true,
    () => false,
  )
}
