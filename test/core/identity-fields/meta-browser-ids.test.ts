import {
  fbcFromFbclid,
  isFbc,
  isFbp,
  metaBrowserIds,
} from '../../../core/identity-fields/meta-browser-ids.ts'

const AT = '2026-04-23T10:15:30.000Z'
const MS = 1776939330000

test.each([
  ['fb.1.1596403881668.1116446470', true],
  ['fb.2.1596403881668.1116446470.AQ', true],
  ['fb.1.1596403881.1116446470', false],
  ['fb.1.1596403881668.', false],
  ['1116446470', false],
  [' fb.1.1596403881668.1116446470', false],
  [undefined, false],
  [7, false],
])('isFbp(%p) is %p', (value, expected) => {
  expect(isFbp(value)).toBe(expected)
})

test.each([
  ['fb.1.1554763741205.AbCdEfGhIjKlMnOpQrStUvWxYz1234567890', true],
  ['fb.1.1554763741205.IwAR2F4-dbP0l7Mn1IawQQ_aem_x', true],
  ['fb.1.1554763741205.', false],
  ['fb.1.1554763741.IwAR2F4', false],
  ['IwAR2F4-dbP0l7Mn1IawQQ', false],
  ['fb.1.1554763741205.with space', false],
])('isFbc(%p) is %p', (value, expected) => {
  expect(isFbc(value)).toBe(expected)
})

test('fbcFromFbclid() carries the event’s time in milliseconds and the id as it was, case and all', () => {
  expect(fbcFromFbclid('IwAR2F4-dbP', AT)).toBe(`fb.1.${MS}.IwAR2F4-dbP`)
})

test.each([
  ['no click id', undefined, AT],
  ['no time', 'IwAR2F4-dbP', null],
  ['a time that is none', 'IwAR2F4-dbP', 'yesterday'],
  ['an id with a space', 'IwAR 2F4', AT],
  ['the epoch', 'IwAR2F4-dbP', '1970-01-01T00:00:00Z'],
])('fbcFromFbclid() has nothing for %s', (_case, fbclid, at) => {
  expect(fbcFromFbclid(fbclid, at)).toBeNull()
})

describe('metaBrowserIds()', () => {
  const fbc = 'fb.1.1554763741205.OldClick1'
  const fbp = 'fb.1.1596403881668.1116446470'

  it('sends the cookies as they are', () => {
    expect(metaBrowserIds({ fbc, fbp }, AT)).toEqual({ fbc, fbp })
  })

  it('prefers a click in the address that the cookie does not hold', () => {
    expect(metaBrowserIds({ fbc, fbclid: 'NewClick2' }, AT)).toEqual({
      fbc: `fb.1.${MS}.NewClick2`,
    })
  })

  it('keeps the cookie and its time when it holds the click of the address', () => {
    expect(metaBrowserIds({ fbc, fbclid: 'OldClick1' }, AT)).toEqual({ fbc })
  })

  it('keeps the cookie when the event has no time to make a new one with', () => {
    expect(metaBrowserIds({ fbc, fbclid: 'NewClick2' }, null)).toEqual({ fbc })
  })

  it('drops malformed cookies', () => {
    expect(metaBrowserIds({ fbc: 'undefined', fbp: 'null' }, AT)).toEqual({})
    expect(metaBrowserIds(undefined, AT)).toEqual({})
  })
})
