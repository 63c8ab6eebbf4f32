import type { Finding } from '../../workspace/lint/finding.ts'
import { lintFunction } from '../../workspace/lint/lint-function.ts'
import { EXIT } from '../exit-codes.ts'
import { paint, print, printJson } from '../output.ts'
import { kindOf, readText } from './open-run.ts'

export interface LintFlags {
  readonly kind?: string
  readonly maxBytes?: number
  readonly json?: boolean
}

export async function lintFile(file: string, { kind, maxBytes, json }: LintFlags): Promise<void> {
  const findings = lintFunction(await readText(file), {
    kind: await kindOf(file, kind),
    ...(maxBytes === undefined ? {} : { maxBytes }),
  })
  if (findings.some(({ level }) => level === 'error')) process.exitCode = EXIT.found
  if (json) return printJson({ findings })
  for (const finding of findings) for (const line of tell(file, finding)) print(line)
  if (findings.length === 0) print('nothing to report')
}

function* tell(file: string, { level, line, column, message, fix, rule }: Finding) {
  const word = level === 'error' ? paint.red('error') : paint.yellow('warning')
  yield `${file}:${line}:${column}  ${word}  ${message}  ${paint.dim(rule)}`
  yield `    ${fix}`
}
