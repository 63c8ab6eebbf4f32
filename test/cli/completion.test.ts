// Completion as the shells do it: bash really completes; zsh and fish, where they are installed, do so too.
import { execFileSync, spawnSync } from 'node:child_process'
import { bashScript } from '../../cli/completion/bash.ts'
import { fishScript } from '../../cli/completion/fish.ts'
import { completables } from '../../cli/completion/words.ts'
import { zshScript } from '../../cli/completion/zsh.ts'
import { createProgram } from '../../cli/program.ts'

const commands = completables(createProgram('0.0.0'))
const has = (shell: string) => spawnSync(shell, ['-c', 'true']).status === 0
const where = (shell: string) => (has(shell) ? test : test.skip) // the shell is not installed here

/** What bash offers for the last word. */
function inBash(line: string): string[] {
  const words = line.split(' ').map((word) => `'${word}'`)
  const script = `${bashScript(commands)}
COMP_WORDS=(${words.join(' ')}); COMP_CWORD=${words.length - 1}
_tracklayer; printf '%s\\n' "\${COMPREPLY[@]}"`
  const out = execFileSync('bash', ['--norc', '-c', script], { encoding: 'utf8' })
  return out.split('\n').filter(Boolean)
}

where('bash').each([
  ['tracklayer aud', ['audience']],
  ['tracklayer audience au', ['audit']],
  ['tracklayer destination ', ['list', 'pause', 'enable', 'test']],
  ['tracklayer reconcile --wa', ['--watch']],
  ['tracklayer function run --kind ins', ['insert']],
  ['tracklayer message send-test --region ', ['us', 'eu']],
  ['tracklayer replay --state d', ['dead', 'delivered']],
  ['tracklayer completion ', ['bash', 'zsh', 'fish']],
  ['tracklayer audience list --store-url ', []],
  ['tracklayer plan import package-lock', ['package-lock.json']],
])('bash completes "%s"', (line, expected) => {
  expect(inBash(line)).toEqual(expect.arrayContaining(expected))
  if (expected.length === 0) expect(inBash(line)).toEqual([])
})

where('bash')('bash offers all nouns, and a flag only where it belongs', () => {
  expect(inBash('tracklayer ')).toEqual(createProgram('0').commands.map((each) => each.name()))
  expect(inBash('tracklayer audience members --')).toContain('--cursor')
  expect(inBash('tracklayer audience list --')).not.toContain('--cursor')
  expect(inBash('tracklayer deploy --')).not.toContain('--api-url')
})

// Skipped where the shell is not installed: neither is part of a usual Linux image.
where('zsh')('zsh reads its script', () => {
  const { status, stderr } = spawnSync('zsh', ['-n'], {
    input: zshScript(commands),
    encoding: 'utf8',
  })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
})

where('fish').each([
  ['tracklayer audience au', ['audit']],
  ['tracklayer message send-test --region ', ['eu', 'us']],
])('fish completes "%s"', (line, expected) => {
  const script = `${fishScript(commands)}\ncomplete -C '${line}'`
  const { stdout, stderr } = spawnSync('fish', ['--no-config', '-c', script], { encoding: 'utf8' })
  const offered = stdout.split('\n').flatMap((each) => each.split('\t')[0] || [])
  expect({ offered, stderr }).toEqual({ offered: expected, stderr: '' })
})
