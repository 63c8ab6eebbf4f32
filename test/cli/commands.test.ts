// The commands that ask a store, against a store on a real port: what they print, and how they end.
import { stripVTControlCharacters } from 'node:util'
import type { Command } from 'commander'
import type { Hono } from 'hono'
import { audienceCommand } from '../../cli/audience.ts'
import { deadLetterCommand } from '../../cli/dead-letter.ts'
import { destinationCommand } from '../../cli/destination.ts'
import { messageCommand } from '../../cli/message.ts'
import { planCommand } from '../../cli/plan.ts'
import { faultsOf, reconcileCommand } from '../../cli/reconcile.ts'
import { replayCommand } from '../../cli/replay.ts'
import { listen } from '../../workspace/listen.ts'
import { useDatabase } from '../support/database.ts'
import { agreedOrder, type ReplayStage, setReplayStage } from '../support/replay-stage.ts'
import { API_KEYS } from '../support/signed-batch.ts'

const database = useDatabase()
let stage: ReplayStage
let server: Awaited<ReturnType<typeof listen>>
const before = { ...process.env }

beforeEach(async () => {
  stage = await setReplayStage(database)
  server = await listen({ fetch: stage.store.app.fetch } as Hono, 0)
  process.env.TRACKLAYER_STORE_URL = server.url
  process.env.TRACKLAYER_API_KEY = API_KEYS.production
})
afterEach(async () => {
  process.env = { ...before }
  process.exitCode = 0
  process.removeAllListeners('SIGINT')
  process.removeAllListeners('SIGTERM')
  await server.close()
  await stage.close()
})

/** What the command prints on stdout, without colours. */
async function run(command: Command, ...words: string[]): Promise<string> {
  const written: string[] = []
  const spy = jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written.push(String(text))
    return true
  })
  try {
    await command.parseAsync(words, { from: 'user' })
  } finally {
    spy.mockRestore()
  }
  return stripVTControlCharacters(written.join(''))
}

const dead = (settledAt = new Date('2026-04-23T10:20:00Z')) =>
  database.query(
    `update deliveries set state = 'dead', reason = 'refused: no such pixel', settled_at = $1
     where destination = 'meta'`,
    [settledAt],
  )

test('replay --dry-run shows, changes nothing; replay --yes sends and tells what became of it', async () => {
  await stage.store.send([agreedOrder('o1')])
  await dead()
  const shown = await run(replayCommand(), '--destination', 'meta', '--dry-run')
  expect(shown).toBe(
    [
      'meta  purchase  seg_msg-o1  message msg-o1',
      '  is          dead: refused: no such pixel',
      '  replay      yes',
      '  would be    sent',
      '  last sent   never',
      '',
      '1 delivery looked at',
      '  replay      1  (sent 1)',
      '',
    ].join('\n'),
  )
  expect((await stage.states('meta'))['msg-o1']).toMatch(/^dead/)

  stage.start()
  const told = await run(replayCommand(), '--destination', 'meta', '--yes', '--note', 'mended')
  expect(told).toMatch(/^Replay \d+ finished, asked for by key-[0-9a-f]{8}: mended\n/)
  expect(told).toContain('enqueued    1  (delivered 1)')
  expect(stage.meta.summary().counted).toBe(1)
})

test('replay asks before it sends, and says so where nobody can be asked', async () => {
  await stage.store.send([agreedOrder('o1')])
  await dead()
  const errors = jest.spyOn(process.stderr, 'write').mockReturnValue(true)
  try {
    await expect(run(replayCommand(), '--destination', 'meta')).rejects.toThrow(/--yes/)
  } finally {
    errors.mockRestore()
  }
  expect((await stage.states('meta'))['msg-o1']).toMatch(/^dead/)
})

test('dead-letter list tells each, and with --group how many for which reason', async () => {
  expect(await run(deadLetterCommand(), 'list')).toBe('No dead letters\n')
  await stage.store.send([agreedOrder('o1'), agreedOrder('o2')])
  await dead()
  const list = await run(deadLetterCommand(), 'list', '--destination', 'meta', '--limit', '1')
  expect(list).toMatch(
    /^given up {18}destination {2}event {5}message {2}attempts {2}reason\n2026-04-23T10:20:00.000Z {2}meta {9}purchase {2}msg-o2 {10}0 {2}refused: no such pixel\nmore: --cursor \d+\n$/,
  )
  expect(await run(deadLetterCommand(), 'list', '--group')).toBe(
    [
      '     2  meta  refused: no such pixel',
      '        purchase 2; 2026-04-23T10:20:00.000Z to 2026-04-23T10:20:00.000Z',
      '        e.g. msg-o2, msg-o1',
      '',
    ].join('\n'),
  )
})

test('reconcile adds up, ends with 1 when it does not, and says what is missing', async () => {
  await stage.store.send([agreedOrder('o1')])
  await dead()
  const told = await run(reconcileCommand())
  expect(told).toContain(
    'meta\n  dead                1\n                         1  refused: no such pixel\n  = accepted          1\n',
  )
  expect(told).toContain('Balanced')
  expect(process.exitCode).toBe(0)

  await database.query(`delete from deliveries where destination = 'ga4'`)
  expect(await run(reconcileCommand())).toContain('Ledger: 2 deliveries owed, 1 rows.')
  expect(process.exitCode).toBe(1)
  const ledger = JSON.parse(await run(reconcileCommand(), '--json'))
  expect(faultsOf(ledger)).toEqual(['Ledger: 2 deliveries owed, 1 rows.'])
})

test('message explain tells the whole story in words', async () => {
  const { userId: _, ...order } = agreedOrder('o1')
  await stage.store.send([order])
  await stage.store.send([agreedOrder('o1', { messageId: 'again' })])
  await stage.store.send([
    { type: 'identify', messageId: 'i', userId: 'jane', anonymousId: 'anon-o1', traits: {} },
  ])
  const worker = stage.start()
  await stage.atRest()
  await worker.stop()
  await run(replayCommand(), '--message', 'msg-o1', '--yes')
  const told = await run(messageCommand(), 'explain', 'msg-o1')
  expect(told).toMatch(/^msg-o1 {2}accepted {2}production\n/)
  expect(told).toMatch(/mapping {4}row "Order Completed" → purchase, table \S+\n/)
  expect(told).toContain('counts     yes: the first message for the dedup key "o1" of purchase')
  expect(told).toContain('the same again in again,')
  expect(told).toMatch(/anonymous_id anon-o1 → profile \d+: seen first by this message/)
  expect(told).toContain('● meta  delivered')
  expect(told).toContain('consent     Advertising granted: said by this message')
  expect(told).toMatch(/mapping {5}subscription "Purchase", table/)
  expect(told).toMatch(/attempt 1 {3}\S+ {2}answered 200 after \d+ ms/)
  expect(told).toMatch(/sent {6}\{.*"event_id":"seg_msg-o1"/)
  expect(told).toMatch(/replay {6}\d+ by key-[0-9a-f]{8}, \S+: delivered → not sent: delivered/)
  expect(told).not.toContain('o1@example.com')

  expect(await run(messageCommand(), 'explain', 'again')).toMatch(
    /counts {5}no: a duplicate of msg-o1, there since \S+, by the dedup key "o1" of purchase/,
  )
})

test('what the store refuses is said in its words, with the page about it', async () => {
  await expect(run(messageCommand(), 'explain', 'none')).rejects.toThrow(
    `No message "none" in production\n  more: ${server.url}/docs/errors/not_found`,
  )
})

/** The keys of the shape that --json documents; those with `?` apart. */
function documentedKeys(command: Command, verb?: string) {
  const leaf = command.commands.find((each) => each.name() === verb) ?? command
  const { description = '' } = leaf.options.find(({ long }) => long === '--json') ?? {}
  // What is nested says nothing about the first level; what follows the shape is a note.
  let shape = description.slice(description.indexOf('{') + 1).replace(/\}(?:; .*)?$/, '')
  while (/[[{]/.test(shape)) shape = shape.replace(/:? *[[{][^[\]{}]*[\]}]/g, '')
  const keys = shape.split(',').map((key) => key.trim())
  const optional = keys.filter((key) => key.endsWith('?')).map((key) => key.slice(0, -1))
  return { required: keys.filter((key) => !key.endsWith('?')), optional }
}

test('--json prints the keys that --help and docs/cli.md say', async () => {
  await stage.store.send([agreedOrder('o1')])
  await dead()
  const calls: [() => Command, ...string[]][] = [
    [reconcileCommand],
    [destinationCommand, 'list'],
    [destinationCommand, 'pause', 'meta'],
    [audienceCommand, 'list'],
    [deadLetterCommand, 'list'],
    [deadLetterCommand, 'list', '--group'],
    [messageCommand, 'explain', 'msg-o1'],
    [planCommand, 'violations'],
    [replayCommand, '--destination', 'meta', '--yes', '--no-wait'],
  ]
  for (const [make, ...words] of calls) {
    const { required, optional } = documentedKeys(make(), words[0])
    const answer = JSON.parse(await run(make(), ...words, '--json'))
    const unknown = Object.keys(answer).filter((key) => ![...required, ...optional].includes(key))
    expect({ words, unknown }).toEqual({ words, unknown: [] })
    expect(Object.keys(answer)).toEqual(expect.arrayContaining(required))
  }
})

test('--watch prints a round a line with --json, until Ctrl-C, and ends with 0', async () => {
  await stage.store.send([agreedOrder('o1')])
  await database.query(`delete from deliveries where destination = 'ga4'`)
  const rounds: unknown[] = []
  const spy = jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    rounds.push(JSON.parse(String(text)))
    if (rounds.length === 3) process.emit('SIGINT')
    return true
  })
  try {
    await reconcileCommand().parseAsync(['--watch', '0.2', '--json'], { from: 'user' })
  } finally {
    spy.mockRestore()
  }
  expect(rounds).toHaveLength(3)
  expect(rounds[2]).toMatchObject({ environment: 'production', balanced: false })
  expect(process.exitCode ?? 0).toBe(0)
})

test('destination list is a table: state and counts of each, and what it misses below', async () => {
  await stage.store.send([agreedOrder('o1')])
  await dead(new Date(stage.clock.now()))
  await run(destinationCommand(), 'pause', 'meta')
  const [head, ...lines] = (await run(destinationCommand(), 'list')).split('\n')
  expect(head).toBe('destination  state   delivered  waiting  held  filtered  dead  unknown  match')
  expect(lines).toContainEqual(
    expect.stringMatching(/^meta {9}paused {10}0 {8}0 {5}0 {9}0 {5}1 {8}0/),
  )
  expect(lines).toContain('meta  paused by hand')
})
