// What is said of a name that came without a row: the row that is proposed stands in the file as it is.
import fc from 'fast-check'
import { nameFindings } from '../../core/mapping-check.ts'
import { parseMappingSource } from '../../core/mapping-schema.ts'
import { createMappingTable } from '../../core/mapping-table.ts'
import { table } from '../core/support/table.ts'

const EMPTY = createMappingTable('none', [])

function proposed(event: string) {
  const [finding] = nameFindings(event, { table: EMPTY, unmapped: new Set() })
  const text = `version: '2026-11-22'\nevents:\n  ${finding?.row}\n`
  const [row] = parseMappingSource(text, 'events.yaml').events
  return { event: row?.event, canonical: row?.canonical, downstream: row?.downstream }
}

test.each([
  ['Gift Wrap Chosen', 'gift_wrap_chosen', 'GiftWrapChosen'],
  ['giftWrapChosen', 'gift_wrap_chosen', 'GiftWrapChosen'],
  ['Geschenk gewählt: ja', 'geschenk_gewahlt_ja', 'GeschenkGewahltJa'],
  ['360 View Opened', 'event_360_view_opened', 'Event360ViewOpened'],
  ['true', 'true', 'True'],
  ['No', 'no', 'No'],
  ['購入', 'event', 'Event'],
  ['a: "b", # c }', 'a_b_c', 'ABC'],
])('the row for %s', (event, canonical, downstream) => {
  expect(proposed(event)).toEqual({ event, canonical, downstream })
})

test('any name gets a row that the table takes', () => {
  const names = fc.string({ unit: 'grapheme', minLength: 1 }).filter((name) => name.isWellFormed())
  fc.assert(fc.property(names, (name) => expect(proposed(name).event).toBe(name)))
})

test('a name that has got a row since has nothing wrong with it', () => {
  expect(nameFindings('Order Completed', { table, unmapped: new Set() })).toEqual([])
})
