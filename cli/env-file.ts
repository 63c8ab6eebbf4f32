// Variables from a file, `NAME=value` a line: where `tracklayer keys rotate` writes a secret that nobody has to see, and from
// which a running store takes it.
import { readFileSync, renameSync, unwatchFile, watchFile, writeFileSync } from 'node:fs'
import { messageOf, TrackLayerError } from '../core/errors.ts'

export type Variables = Readonly<Record<string, string | undefined>>

const POLL_MS = 500
const LINE = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*$/

/** The file's variables. @throws TrackLayerError SETTINGS_INVALID naming file and line */
export function readEnvFile(file: string): Record<string, string> {
  const variables: Record<string, string> = {}
  for (const [index, line] of linesOf(file).entries()) {
    if (/^\s*(#|$)/.test(line)) continue
    const [, name, value] = LINE.exec(line) ?? []
    // The line itself may hold a secret: only its number is said.
    if (!name) throw invalid(`${file}:${index + 1} is not of the form NAME=value`)
    variables[name] = unquoted(value ?? '')
  }
  return variables
}

/**
 * The environment with the file's variables added. One in both with two values is refused: the file is read again while the
 * store runs, and nobody could say which of the two holds.
 * @throws TrackLayerError SETTINGS_INVALID naming the variable
 */
export function withEnvFile(variables: Variables, file: string | undefined): Variables {
  if (file === undefined) return variables
  const own = readEnvFile(file)
  const twice = Object.keys(own).find(
    (name) => variables[name] !== undefined && variables[name] !== own[name],
  )
  if (twice === undefined) return { ...variables, ...own }
  throw invalid(`${twice} is set in the environment and, otherwise, in ${file}; keep one of them`)
}

/** Sets one variable and leaves every other line as it is; whole or not at all, readable by its owner alone. */
export function writeEnvVariable(file: string, name: string, value: string): void {
  const lines = linesOf(file)
  const at = lines.findIndex((line) => LINE.exec(line)?.[1] === name)
  const line = `${name}=${value}`
  const changed = at < 0 ? [...lines.filter(Boolean), line, ''] : lines.with(at, line)
  writeFileSync(`${file}.new`, changed.join('\n'), { mode: 0o600 })
  renameSync(`${file}.new`, file)
}

/** Calls `onChange` when the file changes; returns what ends the watch. */
export function watchEnvFile(file: string, onChange: () => void): () => void {
  watchFile(file, { interval: POLL_MS }, onChange)
  return () => unwatchFile(file, onChange)
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split(/\r?\n/)
  } catch (error) {
    throw invalid(`Cannot read ${file}: ${messageOf(error)}`)
  }
}

function unquoted(value: string): string {
  return /^(["']).*\1$/.test(value) ? value.slice(1, -1) : value
}

function invalid(message: string): TrackLayerError {
  return new TrackLayerError('SETTINGS_INVALID', message)
}
