// The pages about mappings, without a browser: what they say of a table, its versions, and what it does not cover.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { mappedFields } from '../../console/mapped-fields.ts'
import { parseDestinationFile } from '../../core/destination-schema.ts'
import type { JsonObject } from '../../core/json.ts'
import type { MappingDescription } from '../../core/mapping-description.ts'
import { recordMappingTable } from '../../store/mapping-versions.ts'
import { table } from '../core/support/table.ts'
import { createTestConsole, type TestConsole, type Visitor } from '../support/console.ts'
import { useDatabase } from '../support/database.ts'
import { API_KEYS, batchOf, orderMessage } from '../support/signed-batch.ts'

const ROOT = path.join(__dirname, '..', '..')
const inForce: MappingDescription = JSON.parse(
  readFileSync(path.join(ROOT, 'dist', 'mappings', 'events.json'), 'utf8'),
)
const file = path.join(ROOT, 'mappings', 'destinations', 'meta.yaml')
const meta = parseDestinationFile(readFileSync(file, 'utf8'), file)

const database = useDatabase()
let stage: TestConsole
let visitor: Visitor
beforeEach(async () => {
  stage = createTestConsole(database, {
    destinations: ['meta'],
    destinationFiles: new Map([['meta', meta]]),
  })
  visitor = stage.visitor()
  await visitor.signIn(API_KEYS.production)
  await recordMappingTable(stage.store.database, ['production', 'staging'], inForce)
})

/** The page's main part, and its text alone with spaces as one reads it. */
async function page(pathname: string, of: Visitor = visitor) {
  const answer = await of.get(pathname)
  expect({ pathname, status: answer.status }).toEqual({ pathname, status: 200 })
  const html = (await answer.text()).replace(/^[\s\S]*<main/, '<main')
  const text = html
    .replace(/<[^>]+>/g, '')
    .replaceAll('&quot;', '"')
    .replace(/\s+/g, ' ')
  return { html, text }
}

function track(event: string, messageId: string, context: JsonObject = {}): JsonObject {
  return orderMessage('x', { event, messageId, context })
}

describe('the table', () => {
  test('shows each row with its transforms, its key and its line; a row has an address', async () => {
    const { html, text } = await page('/mappings')
    expect(text).toContain(`${inForce.rows.length} rows`)
    expect(text).toContain(`version ${table.version}, mappings/events.yaml`)
    const row = /<tr id="order-completed">.*?<\/tr>/s.exec(html)?.[0] ?? ''
    for (const part of [
      'purchase',
      'Purchase',
      'conversion',
      '{order_id}',
      'checkout:{checkout_id}',
    ])
      expect(row).toContain(part)
    const line = inForce.rows.find(({ event }) => event === 'Order Completed')?.line
    expect(row).toContain(`title="mappings/events.yaml:${line}"`)
    const ids = [...html.matchAll(/<tr id="([^"]*)"/g)].map(([, id]) => id)
    expect(new Set(ids).size).toBe(inForce.rows.length)
  })

  test('is filtered by name and by property, and says when nothing has it', async () => {
    expect((await page('/mappings?q=order%20completed')).text).toMatch(
      /1 of \d+ rows.*value from revenue, else total, else value, read as number \(money\)/,
    )
    expect((await page('/mappings?q=wishlist_id')).text).toContain('Product Added to Wishlist')
    expect((await page('/mappings?q=%3Cb%3E')).html).toContain('No row has “&lt;b&gt;” in it')
  })

  test('a message leads to the row that mapped it', async () => {
    await stage.store.send([orderMessage('o1')])
    expect((await page('/messages/msg-o1')).html).toContain('href="/mappings#order-completed"')
  })
})

test('destinations: each subscription with trigger, action and fields', async () => {
  const { text } = await page('/mappings/destinations')
  const [first] = meta.subscriptions
  expect(text).toContain('meta-conversions, mappings/destinations/meta.yaml')
  expect(text).toContain(first?.action)
  expect(text).toContain('user_data.email from $.user.email')
  expect(text).not.toContain('ACCESS_TOKEN')
})

test.each<[string, JsonObject, [string, string][]]>([
  ['a path', { a: { '@path': '$.b' } }, [['a', '$.b']]],
  [
    'nested objects by path',
    { a: { b: { '@path': '$.c' }, d: 'x' } },
    [
      ['a.b', '$.c'],
      ['a.d', '"x"'],
    ],
  ],
  ['a list of paths', { a: [{ '@path': '$.b' }, { '@path': '$.c' }] }, [['a', '$.b, $.c']]],
  ['another directive', { a: { '@if': { else: 1 } } }, [['a', '{"@if":{"else":1}}']]],
  [
    'a path with a second directive',
    { a: { '@path': '$.b', '@x': 1 } },
    [['a', '{"@path":"$.b","@x":1}']],
  ],
  ['an empty list', { a: [] }, [['a', '[]']]],
])('a field shows %s', (_, mapping, expected) => {
  expect(mappedFields(mapping).map(({ field, source }) => [field, source])).toEqual(expected)
})

describe('versions', () => {
  const earlier = {
    ...inForce,
    version: '2026-01-01+aaaaaa',
    rows: inForce.rows.flatMap((row) => {
      if (row.event === 'Signed Up') return []
      return [row.event === 'Lead Submitted' ? { ...row, downstream: 'GenerateLead' } : row]
    }),
  }

  test('one table: nothing to compare yet', async () => {
    const { text } = await page('/mappings/versions')
    expect(text).toContain('in force')
    expect(text).toContain('One table is known so far')
  })

  test('two tables are compared by themselves, the one in force last', async () => {
    await recordMappingTable(stage.store.database, ['production'], earlier)
    const { html, text } = await page('/mappings/versions')
    expect(text).toMatch(/Signed Up added.*Lead Submitted changed.*downstream"GenerateLead""Lead"/)
    expect(html).toContain(`<option value="${table.version}" selected="">`)
    const query = new URLSearchParams({ before: table.version, after: earlier.version })
    expect((await page(`/mappings/versions?${query}`)).text).toContain('Signed Up removed')
  })

  test('a version that only messages know says what to do, and cannot be chosen', async () => {
    const { batch } = batchOf([orderMessage('o1')])
    const entries = batch.map((entry) => ({
      ...entry,
      canonical: { ...entry.canonical, mapping_version: '2025-01-01+bbbbbb' },
    }))
    await stage.store.post(JSON.stringify({ batch: entries }))
    const { html, text } = await page('/mappings/versions')
    expect(text).toMatch(/2025-01-01\+bbbbbb: unknown to this store.*tracklayer deploy/)
    expect(text).toContain('No event has come under the version in force')
    expect(html).not.toContain('<option value="2025')
    const refused = await visitor.get('/mappings/versions?before=x&after=y')
    expect(refused.status).toBe(404)
    expect(await refused.text()).toContain('No store of this environment has had')
  })
})

describe('names without a row', () => {
  test('drifted names lead to the row they nearly match, others show the row to add', async () => {
    await stage.store.send([track('order_completed', 'm1'), track('Gift Wrap Chosen', 'm2')])
    const { html, text } = await page('/mappings/names')
    expect(html).toContain('href="/mappings#order-completed"')
    expect(text).toContain('send "Order Completed", or give "order_completed" the row')
    expect(text).toContain(
      '- { event: Gift Wrap Chosen, canonical: gift_wrap_chosen, downstream: GiftWrapChosen }',
    )
    expect(html).toContain('href="/messages/m2"')
    // Every page about mappings says that there are some.
    expect((await page('/mappings')).text).toContain('Names without a row2')
  })

  test('what has not come for 30 days is shown on request', async () => {
    await stage.store.send([track('Gift Wrap Chosen', 'm1')])
    // Past every session: whoever comes back signs in again.
    await stage.store.clock.advance(31 * 86_400_000)
    const later = stage.visitor()
    await later.signIn(API_KEYS.production)
    expect((await page('/mappings/names', later)).text).toContain('Every name that came has a row')
    expect((await page('/mappings/names?since=ever', later)).text).toContain('Gift Wrap Chosen')
  })

  test('of another environment are not to be seen, nor what a name says of a person', async () => {
    await stage.store.send([track('jane.doe@example.com came', 'm1')])
    expect((await page('/mappings/names')).text).not.toContain('jane.doe')
    const other = stage.visitor()
    await other.signIn(API_KEYS.staging)
    expect((await page('/mappings/names', other)).text).toContain('Every name that came has a row')
  })
})

describe('plan violations', () => {
  test('by event and rule, with a fix and messages to look at', async () => {
    const violations = [
      { type: 'Required', field: 'properties.total', description: 'properties.total is required' },
    ]
    const context = { protocols: { violations } }
    await stage.store.send(['m1', 'm2'].map((id) => track('Order Completed', id, context)))
    const { html, text } = await page('/mappings/violations')
    expect(text).toMatch(
      /Order Completed.*1 rule is broken.*2.*properties\.total is required Required/,
    )
    expect(text).toContain('send properties.total, or remove its "required"')
    for (const id of ['m1', 'm2']) expect(html).toContain(`href="/messages/${id}"`)
  })

  test('none: says where they would come from', async () => {
    expect((await page('/mappings/violations')).text).toContain(
      'Nothing has broken the tracking plan',
    )
  })
})
