// The function suites on both Nodes that the host may run: this one, and Node 22 from npm (set TRACKLAYER_NODE_22 to use
// another). The whole of jest runs in a child process of that Node, so its threads are of that Node too.
import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { resolveHostNode } from '../../cli/function/host-node.ts'

const ROOT = path.join(__dirname, '..', '..')
const JEST = path.join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js')
const MINUTE = 60_000

test.each(['20', '22'])(
  'the function suites pass on Node %s',
  async (major) => {
    const nodeFile = (await resolveHostNode(major, () => {})) ?? process.execPath
    const version = await promisify(execFile)(nodeFile, ['--version'])
    expect(version.stdout).toMatch(new RegExp(`^v${major}\\.`))
    const { stderr } = await promisify(execFile)(
      nodeFile,
      [JEST, 'test/functions', 'test/workspace', '-w', '2'],
      { cwd: ROOT, env: { ...process.env, TEST_SUITE: 'usual' }, maxBuffer: 64 * 1024 * 1024 },
    )
    expect(stderr).toMatch(/^Tests: +\d+ passed, \d+ total$/m)
  },
  10 * MINUTE,
)
