import { foldName, propertyColumn, quoted } from '../../../destinations/warehouse/column-names.ts'

test.each([
  ['order_id', 'order_id'],
  ['orderId', 'order_id'],
  ['Order ID', 'order_id'],
  ['HTTPStatus', 'http_status'],
  ['userID', 'user_id'],
  ['größe', 'grosse'],
  ['Prix (€)', 'prix'],
  ['  a..b--c ', 'a_b_c'],
  ['1st', '_1st'],
  ['CTID', 'ctid_'],
  ['__proto__', 'proto'],
])('%s → %s', (raw, column) => {
  expect(foldName(raw)).toBe(column)
})

test('a name without letters of ours has a name of its own, always the same', () => {
  expect(foldName('注文')).toMatch(/^c_[0-9a-f]{12}$/)
  expect(foldName('注文')).toBe(foldName('注文'))
  expect(foldName('注文')).not.toBe(foldName('注文番号'))
})

test('long names stay apart within PostgreSQL’s 63 bytes', () => {
  const long = 'a'.repeat(80)
  expect(foldName(`${long}1`)).toHaveLength(60)
  expect(foldName(`${long}1`)).not.toBe(foldName(`${long}2`))
  expect(propertyColumn(`user_${long}`).length).toBeLessThanOrEqual(60)
})

test('quoted() leaves no way out of the quotes', () => {
  expect(quoted('a"; drop table x; --\0')).toBe('"a""; drop table x; --"')
})
