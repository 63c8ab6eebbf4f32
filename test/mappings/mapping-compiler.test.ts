import { readFileSync } from 'node:fs'
import path from 'node:path'
import { canonicalise } from '../../core/canonicalise.ts'
import { compileMappingTable, versionOf } from '../../core/mapping-compiler.ts'
import { parseMappingSource } from '../../core/mapping-schema.ts'
import { bundleOf, compiledText } from './support.ts'

const valid = (name: string) =>
  readFileSync(path.join(__dirname, 'fixtures', 'valid', `${name}.yaml`), 'utf8')
const versionOfText = (text: string) => versionOf(parseMappingSource(text, 'events.yaml'))
const NOBODY = { user_id: null, anonymous_id: null, group_id: null, message_id: 'm1' }

describe('versionOf()', () => {
  const text = valid('every-feature')
  const version = versionOfText(text)

  test('is the human version and six hexadecimal digits', () => {
    expect(version).toMatch(/^2026-11-22\+[0-9a-f]{6}$/)
  })

  test.each([
    { name: 'comments', changed: `# another\n${text.replace('events:', 'events: # here')}` },
    { name: 'spacing', changed: text.replaceAll('{ ', '{').replaceAll(' }', '}') },
    {
      name: 'the order of keys',
      changed: text.replace(
        '    canonical: refund\n    downstream: Refund\n',
        '    downstream: Refund\n    canonical: refund\n',
      ),
    },
    {
      name: 'writing a default out',
      changed: text.replace('canonical: refund', 'canonical: refund\n    conversion: false'),
    },
    { name: 'one name as a list of one', changed: text.replace('else: total', 'else: [total]') },
  ])('does not change with $name', ({ changed }) => {
    expect(changed).not.toBe(text)
    expect(versionOfText(changed)).toBe(version)
  })

  test.each([
    { name: 'the human version', changed: text.replace('2026-11-22', '2026-11-23') },
    { name: 'an event name', changed: text.replace('Order Refunded', 'Order Returned') },
    {
      name: 'a reader',
      changed: text.replace('else: total, read: number', 'else: total, read: text'),
    },
    {
      name: 'the order of sources',
      changed: text.replace('[revenue, amount]', '[amount, revenue]'),
    },
    {
      name: 'the order of dedup keys',
      changed: text.replace(
        '"{order_id}", "{user_id}/{value}"',
        '"{user_id}/{value}", "{order_id}"',
      ),
    },
    { name: 'conversion', changed: text.replace('conversion: true', 'conversion: false') },
    { name: 'a transform of a row', changed: text.replace('[money, products]', '[money]') },
  ])('changes with $name', ({ changed }) => {
    expect(changed).not.toBe(text)
    expect(versionOfText(changed)).not.toBe(version)
  })
})

describe('compileMappingTable()', () => {
  const { table, code } = bundleOf(valid('every-feature'))
  const row = (event: string) => {
    const found = table.rows.get(event)
    if (!found) throw new Error(`no row for ${event}`)
    return found
  }

  test('gives code without YAML, zod or an interpreter', () => {
    expect(code).not.toMatch(/zod|yaml|require\(|eval\(|new Function/i)
    expect(code.length).toBeLessThan(12_000)
  })

  test('keeps what the rows say', () => {
    expect(row('Order Completed')).toMatchObject({
      canonical: 'purchase',
      downstream: 'Purchase',
      conversion: true,
    })
    expect(row('Order Refunded')).toMatchObject({ canonical: 'refund', conversion: false })
    expect(table.byCanonical.get('refund')?.event).toBe('Order Refunded')
    expect(table.similarTo('order refunded')).toBe('Order Refunded')
  })

  test.each([
    { name: 'from renames', sent: { revenue: 1, amount: 2 }, want: { value: 1 } },
    { name: 'the next source of from', sent: { amount: '2' }, want: { value: 2 } },
    { name: 'else passes through as well', sent: { total: '3' }, want: { value: 3, total: '3' } },
    {
      name: 'a rule without from reads in place',
      sent: { currency: 'eur' },
      want: { currency: 'EUR' },
    },
    { name: 'unlisted properties pass', sent: { coupon: 'X' }, want: { coupon: 'X' } },
    { name: 'event_id is left to the canonicaliser', sent: { event_id: 'e' }, want: {} },
    {
      name: 'one source for two targets',
      sent: { products: ['S1'] },
      want: { items: ['S1'], line_items: [{ item_id: 'S1' }] },
    },
  ])('$name', ({ sent, want }) => {
    const before = JSON.stringify(sent)
    expect(row('Order Completed').mapProperties(sent, [])).toEqual(want)
    expect(JSON.stringify(sent)).toBe(before)
  })

  test('fills the first template that resolves', () => {
    const { dedupKey, eventId } = row('Order Completed')
    expect(dedupKey({ order_id: 'O1', value: 5 }, { ...NOBODY, user_id: 'u1' })).toBe('O1')
    expect(dedupKey({ value: 5 }, { ...NOBODY, user_id: 'u1' })).toBe('u1/5')
    expect(dedupKey({ value: 5 }, NOBODY)).toBe('m1')
    expect(eventId({ order_id: 'O1' }, NOBODY)).toBe('order-O1')
    expect(eventId({}, NOBODY)).toBeNull()
    expect(row('Order Refunded').dedupKey({ order_id: 'O1' }, NOBODY)).toBeNull()
  })

  test.each([
    { name: 'the row’s template', properties: { order_id: 'O1' }, want: 'order-O1' },
    {
      name: 'the sender’s own before it',
      properties: { order_id: 'O1', event_id: 'own' },
      want: 'own',
    },
    { name: 'the message’s where it names what is missing', properties: {}, want: 'seg_m1' },
    {
      name: 'the message’s where it grows beyond 255 characters',
      properties: { order_id: 'x'.repeat(250) },
      want: 'seg_m1',
    },
  ])('the event_id is $name', ({ properties, want }) => {
    const message = { type: 'track', event: 'Order Completed', messageId: 'm1', properties }
    expect(canonicalise(message, table).canonical?.properties.event_id).toBe(want)
  })

  test('takes ids from the message, never from properties of the same name', () => {
    const { dedupKey } = row('Product Viewed')
    expect(dedupKey({ group_id: 'forged', anonymous_id: 'forged' }, NOBODY)).toBeNull()
    expect(dedupKey({}, { ...NOBODY, group_id: 'g', anonymous_id: 'a' })).toBe('g:a')
  })

  test('the first row speaks for a canonical name that two rows state', () => {
    const { table: both } = bundleOf(valid('one-canonical-name-for-two-events'))
    expect(both.byCanonical.get('purchase')?.event).toBe('Order Completed')
    expect(both.rows.get('Purchase Made')?.canonical).toBe('purchase')
  })

  test('names of any kind cannot break out of the code', () => {
    const { table: odd } = bundleOf(valid('odd-names'))
    const found = odd.rows.get(['Say "hi" \\ $', '{x} `y` \u2028 </script>'].join(''))
    expect(found).toMatchObject({ canonical: 'say_hi', downstream: "'); throw 1; ('" })
    expect(found?.mapProperties({ "it's": ' x ', "a b.c['d']": '5' }, [])).toEqual({
      toString: 'x',
      "a b.c['d']": 5,
    })
    expect(found?.eventId({ toString: 'x' }, NOBODY)).toBe('"x\\')
    expect(found?.eventId({}, NOBODY)).toBeNull()
  })

  test('a folder name with an apostrophe cannot either', () => {
    const source = parseMappingSource(valid('least'), 'events.yaml')
    const text = compileMappingTable(source, { coreFrom: "/home/o'brien/core" })
    expect(text).toContain(`from "/home/o'brien/core/mapping-table.ts"`)
  })

  test('__proto__ among the properties stays behind', () => {
    const sent = JSON.parse('{"__proto__":{"admin":true},"coupon":"X"}')
    const mapped = row('Order Completed').mapProperties(sent, [])
    expect(Object.keys(mapped)).toEqual(['coupon'])
    expect(Object.getPrototypeOf(mapped)).toBe(Object.prototype)
  })

  test('rows of one form share their functions', () => {
    const rows = Array.from(
      { length: 50 },
      (_, at) => `  - {event: E${at}, canonical: e${at}, downstream: E, transforms: [t]}`,
    )
    const text = compiledText(
      `version: '1'\ntransforms: {t: {a: {read: number}}}\nevents:\n${rows.join('\n')}\n`,
    )
    expect(text.match(/^const f\d+ = /gm)).toHaveLength(1)
  })
})
