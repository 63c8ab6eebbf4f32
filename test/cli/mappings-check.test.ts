// `tracklayer mappings check` and `tracklayer plan` as a team's CI runs them.
import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { serve } from '@hono/node-server'
import { Command } from 'commander'
import { mappingsCommand } from '../../cli/mappings.ts'
import { planCommand } from '../../cli/plan.ts'
import { messageOf } from '../../core/errors.ts'
import { useDatabase } from '../support/database.ts'
import { API_KEYS, orderMessage } from '../support/signed-batch.ts'
import { createTestStore } from '../support/store.ts'

const ROOT = path.join(__dirname, '..', '..')
const folder = mkdtempSync(path.join(tmpdir(), 'tracklayer-check-'))
const mappings = path.join(folder, 'mappings')
const database = useDatabase()

beforeEach(() => cpSync(path.join(ROOT, 'mappings'), mappings, { recursive: true }))
afterEach(() => rmSync(mappings, { recursive: true }))
afterAll(() => rmSync(folder, { recursive: true }))

/** In this process: what a process of its own adds is shown once, below. */
async function run(...args: string[]) {
  const written: string[] = []
  const write = jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written.push(String(text))
    return true
  })
  const program = new Command('tracklayer').addCommand(planCommand()).addCommand(mappingsCommand())
  let stderr = ''
  try {
    await program.parseAsync([...args, '--mappings', mappings], { from: 'user' })
  } catch (error) {
    stderr = messageOf(error)
    process.exitCode = 1
  }
  const status = Number(process.exitCode ?? 0)
  process.exitCode = 0
  write.mockRestore()
  return { status, lines: written.join('').trim().split('\n'), stderr }
}

function edit(file: string, from: string, to: string): void {
  const name = path.join(mappings, file)
  const text = readFileSync(name, 'utf8')
  expect(text).toContain(from)
  writeFileSync(name, text.replace(from, to))
}

const VALID = {
  type: 'track',
  event: 'Order Completed',
  messageId: 'm1',
  userId: 'u1',
  timestamp: '2026-04-23T10:15:00.000Z',
  properties: { order_id: 'ORD-10492', total: 5, currency: 'EUR', products: [{ product_id: 'p' }] },
}

function messages(...list: object[]): string {
  const file = path.join(folder, 'messages.ndjson')
  writeFileSync(file, `${list.map((one) => JSON.stringify(one)).join('\n')}\n\n`)
  return file
}

describe('mappings check --messages', () => {
  test('finds nothing where nothing is', async () => {
    const page = { type: 'page', messageId: 'p', userId: 'u' }
    const answer = await run('mappings', 'check', '--messages', messages(VALID, page))
    expect(answer).toEqual({ status: 0, lines: ['nothing found'], stderr: '' })
  })

  test('names unmapped, case-drifted and type-drifted events, each once, with a fix in one line', async () => {
    const drifted = { ...VALID, properties: { ...VALID.properties, total: '5' } }
    const file = messages(
      VALID,
      { ...VALID, event: 'order_completed' },
      drifted,
      drifted,
      { ...VALID, event: 'Button Clicked' },
      { ...VALID, properties: { ...VALID.properties, revenue: 'many' } },
    )
    expect(await run('mappings', 'check', '--messages', file)).toEqual({
      status: 1,
      stderr: '',
      lines: [
        'order_completed differs from "Order Completed" only by case or spacing, and names are exact (1 of 6, first on line 2)',
        '  fix: send "Order Completed", or give "order_completed" the row in mappings/events.yaml',
        'Order Completed properties.total is of type string, want number (2 of 6, first on line 3)',
        '  fix: send properties.total as planned, or change its "type" in mappings/tracking-plan.yaml',
        'Button Clicked has no row in mappings/events.yaml (1 of 6, first on line 5)',
        '  fix: add "- event: Button Clicked" there, or to mappings/tracking-plan.yaml with "mapped: false"',
        '  row: - { event: Button Clicked, canonical: button_clicked, downstream: ButtonClicked }',
        expect.stringMatching(/^Order Completed revenue is .* \(1 of 6, first on line 6\)$/),
        '  fix: send what the row reads, or change its "read" in mappings/events.yaml',
        'Order Completed properties.revenue is of type string, want number (1 of 6, first on line 6)',
        '  fix: send properties.revenue as planned, or change its "type" in mappings/tracking-plan.yaml',
        '5 finding(s)',
      ],
    })
  })

  test('an event that is planned as unmapped is none', async () => {
    edit(
      'tracking-plan.yaml',
      'events:\n',
      'events:\n  - { event: Button Clicked, mapped: false }\n',
    )
    const file = messages({ ...VALID, event: 'Button Clicked' })
    expect((await run('mappings', 'check', '--messages', file)).status).toBe(0)
  })

  test('names the line that is no JSON', async () => {
    const file = path.join(folder, 'broken.ndjson')
    writeFileSync(file, `${JSON.stringify(VALID)}\n{"type":\n`)
    const { status, stderr } = await run('mappings', 'check', '--messages', file)
    expect(status).toBe(1)
    expect(stderr).toContain(`${file}:2 is no JSON`)
  })
})

describe('mappings check --pii', () => {
  test('the committed lock file says what the committed mappings send on', async () => {
    expect(await run('mappings', 'check', '--pii')).toEqual({
      status: 0,
      lines: ['nothing found'],
      stderr: '',
    })
  })

  test('a mapping that begins to send a personal field fails, until somebody agrees', async () => {
    edit('destinations/ga4.yaml', 'mapping:\n', 'mapping:\n  sneaked: { "@path": $.user.email }\n')
    expect(await run('mappings', 'check', '--pii')).toEqual({
      status: 1,
      stderr: '',
      lines: [
        'ga4 gets the personal field "email", which is not in the lock file',
        '  fix: take it out of mappings/destinations/ga4.yaml, or agree: tracklayer mappings check --pii --accept',
        '1 finding(s)',
      ],
    })
    expect((await run('mappings', 'check', '--pii', '--accept')).status).toBe(0)
    expect((await run('mappings', 'check', '--pii')).status).toBe(0)
    // An allowlist is not overruled by the lock file.
    edit(
      'pii.yaml',
      'destinations: {}',
      'destinations: { ga4: [user_id, anonymous_id, click_ids] }',
    )
    const { status, lines } = await run('mappings', 'check', '--pii', '--accept')
    expect([status, lines[0]]).toEqual([
      1,
      'ga4 gets the personal field "email", which is not on the allowlist',
    ])
  })
})

test('mappings check --store finds the same in what a store has', async () => {
  const store = createTestStore(database)
  await store.send([
    orderMessage('o1', { event: 'order_completed' }),
    orderMessage('o2', {
      context: {
        protocols: {
          violations: [
            {
              type: 'Required',
              field: 'properties.total',
              description: 'properties.total is required',
            },
          ],
        },
      },
    }),
  ])
  const server = await new Promise<{ port: number; close(done: () => void): void }>((resolve) => {
    const opened = serve(
      { fetch: store.app.fetch, port: 0, hostname: '127.0.0.1' },
      ({ port: at }) => resolve({ port: at, close: (done) => opened.close(done) }),
    )
  })
  // Not spawnSync: this process is the server.
  const child = spawn(
    process.execPath,
    [path.join(ROOT, 'dist', 'cli.js'), 'mappings', 'check', '--store', '--json'],
    {
      env: {
        ...process.env,
        TRACKLAYER_STORE_URL: `http://127.0.0.1:${server.port}`,
        TRACKLAYER_API_KEY: API_KEYS.production,
      },
    },
  )
  let out = ''
  child.stdout.on('data', (chunk) => {
    out += chunk
  })
  const status = await new Promise((resolve) => child.on('close', resolve))
  await new Promise<void>((resolve) => server.close(resolve))
  expect(status).toBe(1)
  const { findings } = JSON.parse(out) as { findings: object[] }
  expect(findings).toMatchObject([
    { kind: 'case', event: 'order_completed', count: 1 },
    { kind: 'plan', event: 'Order Completed', problem: 'properties.total is required', count: 1 },
  ])
})

test('plan export and import give back the plan, and keep what a schema does not say', async () => {
  edit(
    'tracking-plan.yaml',
    '  - event: Order Completed\n',
    '  - event: Order Completed\n    on_violation: block\n',
  )
  const rules = path.join(folder, 'rules.json')
  expect((await run('plan', 'export', '--out', rules)).status).toBe(0)
  expect((await run('plan', 'import', rules)).lines).toEqual([
    expect.stringContaining('42 event(s), 1 other call(s)'),
  ])
  expect(readFileSync(path.join(mappings, 'tracking-plan.yaml'), 'utf8')).toContain(
    '- event: Order Completed\n    on_violation: block\n',
  )
  const again = path.join(folder, 'again.json')
  await run('plan', 'export', '--out', again)
  expect(readFileSync(again, 'utf8')).toBe(readFileSync(rules, 'utf8'))
})
