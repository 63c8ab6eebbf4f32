import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { buildSync } from 'esbuild'
import { messageIdOf, occurredAt, parseMessage } from '../../core/message.ts'

describe('occurredAt()', () => {
  test.each([
    {
      name: 'Segment’s own form',
      timestamp: '2026-04-23T10:15:30.000Z',
      want: '2026-04-23T10:15:30.000Z',
    },
    { name: 'the 31st', timestamp: '2026-05-31T10:15:30.000Z', want: '2026-05-31T10:15:30.000Z' },
    { name: 'a leap day', timestamp: '2028-02-29T00:00:00.000Z', want: '2028-02-29T00:00:00.000Z' },
    {
      name: 'no milliseconds',
      timestamp: '2026-04-23T10:15:30Z',
      want: '2026-04-23T10:15:30.000Z',
    },
    {
      name: 'nanoseconds',
      timestamp: '2026-04-23T10:15:30.123456789Z',
      want: '2026-04-23T10:15:30.123Z',
    },
    { name: 'an offset', timestamp: '2026-04-23T12:15:30+02:00', want: '2026-04-23T10:15:30.000Z' },
    {
      name: 'an offset without colon',
      timestamp: '2026-04-23T05:15:30.000-0500',
      want: '2026-04-23T10:15:30.000Z',
    },
    {
      name: 'an offset in hours, as PostgreSQL writes it',
      timestamp: '2026-04-23 12:15:30+02',
      want: '2026-04-23T10:15:30.000Z',
    },
    {
      name: 'a blank instead of T',
      timestamp: '2026-04-23 10:15:30 UTC',
      want: '2026-04-23T10:15:30.000Z',
    },
    {
      name: 'no zone, which is UTC wherever it is read',
      timestamp: '2026-04-23T10:15:30',
      want: '2026-04-23T10:15:30.000Z',
    },
    { name: 'a day alone', timestamp: '2026-04-23', want: '2026-04-23T00:00:00.000Z' },
    {
      name: 'a month of one digit',
      timestamp: '2026-4-3T10:15:30Z',
      want: '2026-04-03T10:15:30.000Z',
    },
    {
      name: 'blanks around',
      timestamp: ' 2026-04-23T10:15:30Z\n',
      want: '2026-04-23T10:15:30.000Z',
    },
    {
      name: 'a mail header’s form',
      timestamp: 'Thu, 23 Apr 2026 12:15:30 +0200',
      want: '2026-04-23T10:15:30.000Z',
    },
    {
      name: 'Date.toUTCString()',
      timestamp: 'Thu, 23 Apr 2026 10:15:30 GMT',
      want: '2026-04-23T10:15:30.000Z',
    },
    {
      name: 'Date.toString()',
      timestamp: 'Thu Apr 23 2026 12:15:30 GMT+0200 (Central European Summer Time)',
      want: '2026-04-23T10:15:30.000Z',
    },
    { name: 'epoch milliseconds', timestamp: 1776939330000, want: '2026-04-23T10:15:30.000Z' },
    { name: 'epoch seconds', timestamp: 1776939330, want: '2026-04-23T10:15:30.000Z' },
    {
      name: 'epoch seconds with a fraction',
      timestamp: 1776939330.5,
      want: '2026-04-23T10:15:30.500Z',
    },
    { name: 'epoch as text', timestamp: '1776939330000', want: '2026-04-23T10:15:30.000Z' },
    { name: 'before 1970', timestamp: '1965-01-01T00:00:00Z', want: '1965-01-01T00:00:00.000Z' },
    { name: '30 February', timestamp: '2026-02-30T10:15:30.000Z', want: null },
    { name: '29 February of another year', timestamp: '2026-02-29', want: null },
    { name: 'month 13', timestamp: '2026-13-01T10:15:30.000Z', want: null },
    { name: 'an hour of 25', timestamp: '2026-04-23T25:15:30.000Z', want: null },
    {
      name: 'the year 0, which PostgreSQL refuses',
      timestamp: '0000-01-01T00:00:00.000Z',
      want: null,
    },
    { name: 'the year 55,840 (microseconds)', timestamp: 1776939330000000, want: null },
    { name: 'a number too large for any date', timestamp: 1e300, want: null },
    { name: 'day and month that may change places', timestamp: '4/5/2026', want: null },
    { name: 'a name of a zone', timestamp: '2018-03-04T12:08:56.235 PDT', want: null },
    {
      name: 'a word with a number, of which Date.parse makes 2001',
      timestamp: 'step 12',
      want: null,
    },
    { name: 'a word', timestamp: 'yesterday', want: null },
    { name: 'empty text', timestamp: '', want: null },
    { name: 'null', timestamp: null, want: null },
    { name: 'a boolean', timestamp: true, want: null },
    { name: 'an object', timestamp: { $date: '2026-04-23T10:15:30Z' }, want: null },
    { name: 'a list', timestamp: ['2026-04-23T10:15:30Z'], want: null },
  ])('reads $name', ({ timestamp, want }) => {
    expect(occurredAt({ timestamp })).toBe(want)
  })

  test('falls back to originalTimestamp, never to the time of arrival', () => {
    const sentAt = '2026-04-23T11:00:00.000Z'
    const originalTimestamp = '2026-04-23T10:15:30.000Z'
    expect(occurredAt({ originalTimestamp, sentAt, receivedAt: sentAt })).toBe(originalTimestamp)
    expect(occurredAt({ timestamp: 'soon', originalTimestamp })).toBe(originalTimestamp)
    expect(occurredAt({ sentAt, receivedAt: sentAt })).toBeNull()
  })

  // Processes of their own: the zone of this one cannot be changed once it runs.
  test('does not depend on the zone of the machine', () => {
    const { outputFiles } = buildSync({
      entryPoints: [path.join(__dirname, '..', '..', 'core', 'message.ts')],
      bundle: true,
      format: 'iife',
      globalName: 'core',
      platform: 'node',
      write: false,
    })
    const sent = [
      '2026-04-23 10:15',
      '2026-04-23',
      '4/23/2026',
      'April 23 2026',
      '23 Apr 2026 10:15',
    ]
    const script = `${outputFiles[0]?.text}
      console.log(JSON.stringify(${JSON.stringify(sent)}.map((timestamp) => core.occurredAt({ timestamp }))))`
    const read = ['America/New_York', 'Asia/Kolkata'].map((TZ) =>
      execFileSync(process.execPath, ['-'], { input: script, env: { TZ }, encoding: 'utf8' }),
    )
    expect(JSON.parse(read[0] ?? '')).toEqual([
      '2026-04-23T10:15:00.000Z',
      '2026-04-23T00:00:00.000Z',
      null,
      null,
      null,
    ])
    expect(read[1]).toBe(read[0])
  })
})

describe('messageIdOf()', () => {
  test.each([
    { name: 'text', messageId: 'msg_1', want: 'msg_1' },
    { name: 'text with blanks around', messageId: ' msg_1 ', want: 'msg_1' },
    { name: 'a number', messageId: 42, want: '42' },
  ])('takes $name', ({ messageId, want }) => {
    expect(messageIdOf({ messageId })).toBe(want)
  })

  test.each([
    { name: 'missing' },
    { name: 'null', messageId: null },
    { name: 'blank', messageId: '  ' },
    { name: 'an object', messageId: { id: 1 } },
    { name: 'a boolean', messageId: false },
  ])('makes one of the content when it is $name', ({ messageId = undefined }) => {
    const id = messageIdOf({ messageId, event: 'A', userId: 'u' })
    expect(id).toMatch(/^hash_[0-9a-f]{32}$/)
    expect(messageIdOf({ userId: 'u', event: 'A', messageId })).toBe(id)
    expect(messageIdOf({ messageId, event: 'A', userId: 'v' })).not.toBe(id)
  })

  test('copes with nesting beyond the engine’s stack', () => {
    const messageId = messageIdOf({ event: 'A', properties: nested(200_000) })
    expect(messageId).toMatch(/^hash_[0-9a-f]{32}$/)
    expect(messageIdOf({ event: 'B', properties: nested(200_000) })).not.toBe(messageId)
  })
})

function nested(depth: number) {
  let value = {}
  for (let level = 0; level < depth; level++) value = { a: value }
  return value
}

describe('parseMessage()', () => {
  test.each([
    ['track', 'track'],
    ['Track', 'track'],
    [' IDENTIFY ', 'identify'],
    ['event', null],
    ['constructor', null],
    ['', null],
    [7, null],
    [null, null],
    [['track'], null],
  ])('reads type %p as %p', (type, want) => {
    expect(parseMessage({ type }).type).toBe(want)
  })

  test.each([
    ['u1', 'u1'],
    [' u1 ', 'u1'],
    [10482, '10482'],
    [0, '0'],
    ['', null],
    [null, null],
    [true, null],
    [{ id: 1 }, null],
    [['u1'], null],
  ])('reads id %p as %p', (id, want) => {
    const { userId, anonymousId } = parseMessage({ userId: id, anonymousId: id })
    expect([userId, anonymousId]).toEqual([want, want])
  })

  test.each([[[]], [null], ['text'], [5], [undefined]])(
    'takes properties, traits and context of %p as empty',
    (value) => {
      expect(parseMessage({ properties: value, traits: value, context: value })).toMatchObject({
        properties: {},
        traits: {},
        context: {},
      })
    },
  )

  test('keeps the event name exactly as it was sent', () => {
    expect(parseMessage({ event: ' Order Completed ' }).event).toBe(' Order Completed ')
    expect(parseMessage({ event: 5 }).event).toBeNull()
  })
})
