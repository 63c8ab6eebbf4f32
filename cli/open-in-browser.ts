// Opens an address in the person's browser, where there is one to open.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'

type Variables = Readonly<Record<string, string | undefined>>

/** False where there is no browser; whoever calls prints the address in any case. */
export function openInBrowser(url: string, variables: Variables = process.env): boolean {
  const [program, ...args] = browserCommand(process.platform, variables)
  if (program === undefined) return false
  const child = spawn(program, [...args, url], { stdio: 'ignore', detached: true, env: variables })
  // What fails here fails after we said "opened": the printed address is there for that.
  child.once('error', () => {})
  child.unref()
  return true
}

/** Program and first arguments; empty where nothing can be opened: over ssh, in a container. */
export function browserCommand(platform: NodeJS.Platform, variables: Variables): string[] {
  if (platform === 'darwin') return ['open']
  if (platform === 'win32') return ['cmd', '/c', 'start', '""']
  const hasScreen = Boolean(variables.DISPLAY || variables.WAYLAND_DISPLAY)
  const folders = (variables.PATH ?? '').split(path.delimiter)
  const file = folders.map((folder) => path.join(folder, 'xdg-open')).find((one) => existsSync(one))
  return hasScreen && file ? [file] : []
}
