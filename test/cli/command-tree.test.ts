// Every command, as a person or a script meets it: help, examples, --json, exit codes, and the page that lists them.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import type { Command } from 'commander'
import { helpOf } from '../../cli/command-help.ts'
import { referenceOf } from '../../cli/command-reference.ts'
import { commandsIn, leavesIn, wordsOf } from '../../cli/command-tree.ts'
import { EXIT, EXIT_CODES, exitCodeOf } from '../../cli/exit-codes.ts'
import { createProgram } from '../../cli/program.ts'
import { runProgram } from '../e2e/processes.ts'

const program = createProgram('0.0.0')
const named = (commands: Iterable<Command>) =>
  [...commands].map((command) => [wordsOf(command), command] as const)
const leaves = named(leavesIn(program))

function helpText(command: Command): string {
  let text = ''
  const { writeOut } = command.configureOutput()
  command.configureOutput({
    writeOut: (part) => {
      text += part
    },
  })
  command.outputHelp()
  if (writeOut) command.configureOutput({ writeOut })
  return stripVTControlCharacters(text)
}

describe.each(leaves)('%s', (words, command) => {
  test('has help that says what it does, with an example of its own', () => {
    expect(command.description()).not.toBe('')
    const { examples = [] } = helpOf(command) ?? {}
    expect(examples[0]).toContain(words)
    const help = helpText(command)
    expect(help).toContain('Usage: tracklayer')
    for (const example of examples) expect(help).toContain(`  ${example}`)
  })

  test('prints one JSON object with --json, of a documented shape', () => {
    const json = command.options.find(({ long }) => long === '--json')
    expect(json?.description).toMatch(/^print one JSON object: \{ .+ \}/)
  })

  test('describes every argument and flag', () => {
    for (const argument of command.registeredArguments) expect(argument.description).not.toBe('')
    for (const option of command.options) expect(option.description).not.toBe('')
  })
})

test.each(named(commandsIn(program)))('%s has a description', (_, command) => {
  expect(command.description()).not.toBe('')
})

test('docs/cli.md is what `tracklayer help reference` prints', () => {
  const page = readFileSync(path.join(__dirname, '..', '..', 'docs', 'cli.md'), 'utf8')
  expect(page).toBe(referenceOf(program))
})

test('no exit code means two things', () => {
  const codes = EXIT_CODES.map(({ code }) => code)
  expect(new Set(codes).size).toBe(codes.length)
  expect([...codes].sort()).toEqual(Object.values(EXIT).sort())
})

/** What `tracklayer <words>` prints and how it ends, without a process of its own. */
async function run(...words: string[]): Promise<{ out: string; err: string; code: number }> {
  const written = { out: '', err: '' }
  const keep = (stream: 'out' | 'err') => (text: unknown) => {
    written[stream] += text
    return true
  }
  const spies = [
    jest.spyOn(process.stdout, 'write').mockImplementation(keep('out')),
    jest.spyOn(process.stderr, 'write').mockImplementation(keep('err')),
  ]
  const ended = createProgram('0.0.0').parseAsync(words, { from: 'user' })
  const code = await ended.then(() => EXIT.done, exitCodeOf)
  for (const spy of spies) spy.mockRestore()
  const [out, err] = [written.out, written.err].map(stripVTControlCharacters)
  return { out: out ?? '', err: err ?? '', code }
}

test('what is misspelt ends with 2 and says the nearest name on stderr', async () => {
  const noun = await run('audiense', 'list')
  expect(noun).toMatchObject({ code: 2, out: '' })
  expect(noun.err).toContain('Did you mean audience?')
  const verb = await run('audience', 'lst')
  expect(verb.err).toMatch(/Did you mean list\?\)\n\(tracklayer audience --help shows how\)/)
  const flag = await run('reconcile', '--wach')
  expect(flag).toMatchObject({ code: 2, err: expect.stringContaining('Did you mean --watch?') })
})

test('`help` tells a command, the exit codes, and as JSON what scripts want to know', async () => {
  const list = await run('help', 'dead-letter', 'list')
  expect(list).toMatchObject({ code: 0, err: '' })
  expect(list.out).toContain('Usage: tracklayer dead-letter list')
  const codes = await run('help', 'exit-codes', '--json')
  expect(JSON.parse(codes.out).exit_codes).toEqual(EXIT_CODES)
  const { commands } = JSON.parse((await run('help', 'audience', '--json')).out)
  expect(commands[0]).toMatchObject({ command: 'tracklayer audience list' })
  expect((await run('help', 'nothing')).code).toBe(2)
})

test('as a process: the way in with 0; what is misspelt with 2; a store that is away with 1', async () => {
  const variables = { TRACKLAYER_STORE_URL: 'http://127.0.0.1:1', TRACKLAYER_API_KEY: 'key' }
  const [alone, misspelt, away] = await Promise.all([
    runProgram([]),
    runProgram(['reconsile']),
    runProgram(['reconcile', '--json'], variables),
  ])
  expect(alone).toMatchObject({ code: 0, stderr: '' })
  expect(alone.stdout).toMatch(
    /tracklayer dev .*\n.*tracklayer store serve .*\n.*tracklayer deploy/,
  )
  expect(misspelt).toMatchObject({ code: 2, stdout: '' })
  expect(away).toMatchObject({ code: 1, stdout: '' })
  expect(away.stderr).toContain('is it running?')
})
