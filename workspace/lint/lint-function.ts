// Reads a function's text as the host would load it and reports what will not work there, or not as meant.

import { handlerNames } from '../handler-names.ts'
import { DEFAULT_SWITCHES } from '../host-switches.ts'
import type { FunctionKind } from '../realm/realm-protocol.ts'
import { FORBIDDEN_HOST } from '../runtime/open-function.ts'
import { type Finding, positionAt } from './finding.ts'
import { type ParsedFunction, parseFunction } from './parsed-function.ts'
import { type RawFinding, RULES } from './rules.ts'

/** The host's own limit is not documented; above this the editor becomes slow and a cold start noticeable. */
export const USUAL_MAX_BYTES = 100 * 1024

export interface LintOptions {
  readonly kind: FunctionKind
  /** Default 100 KiB. */
  readonly maxBytes?: number
}

/** Findings in the order of the text. */
export function lintFunction(
  source: string,
  { kind, maxBytes = USUAL_MAX_BYTES }: LintOptions,
): Finding[] {
  // The host strips a byte order mark too.
  const code = source.replace(/^\uFEFF/, '')
  const found = [...findForbiddenHost(code), ...findSize(code, maxBytes), ...findInTree(code, kind)]
  return found
    .sort((a, b) => a.at - b.at)
    .map(({ at, ...text }) => ({ ...text, ...positionAt(code, at) }))
}

function findInTree(code: string, kind: FunctionKind): RawFinding[] {
  let parsed: ParsedFunction
  try {
    parsed = parseFunction(code, kind, handlerNames(kind, DEFAULT_SWITCHES))
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return [syntaxFinding(error as SyntaxError & { readonly pos: number }, code)]
  }
  return RULES.flatMap((rule) => [...rule(parsed)])
}

function syntaxFinding(error: SyntaxError & { readonly pos: number }, code: string): RawFinding {
  const word = /^(import|export)\b/.exec(code.slice(error.pos))?.[1]
  if (word) {
    return {
      rule: 'no-import',
      level: 'error',
      at: error.pos,
      message: `"${word}" does not load: the host has no modules`,
      fix: 'use a library global, or bundle the modules into one file that declares the handlers',
    }
  }
  return {
    rule: 'syntax',
    level: 'error',
    at: error.pos,
    message: `does not load: ${error.message.replace(/ \(\d+:\d+\)$/, '')}`,
    fix: 'mend the syntax',
  }
}

function* findForbiddenHost(code: string): Generator<RawFinding> {
  for (
    let at = code.indexOf(FORBIDDEN_HOST);
    at !== -1;
    at = code.indexOf(FORBIDDEN_HOST, at + 1)
  ) {
    yield {
      rule: 'forbidden-host',
      level: 'error',
      at,
      message: `the editor refuses code that contains ${FORBIDDEN_HOST}`,
      fix: 'take the address from settings, and make sure that events do not go round in circles',
    }
  }
}

function* findSize(code: string, maxBytes: number): Generator<RawFinding> {
  const bytes = Buffer.byteLength(code)
  if (bytes <= maxBytes) return
  yield {
    rule: 'size',
    level: 'warning',
    at: 0,
    message: `${bytes} bytes of code, over ${maxBytes}`,
    fix: 'minify it, or leave out what a library global already gives',
  }
}
