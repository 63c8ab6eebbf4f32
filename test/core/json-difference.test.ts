import fc from 'fast-check'
import type { Json } from '../../core/json.ts'
import { differenceOf } from '../../core/json-difference.ts'

test('differenceOf() names each path that was added, removed or changed', () => {
  const before = { a: 1, gone: { b: [1] }, list: [{ price: 1 }, { price: 2 }], same: null }
  const after = { a: '1', list: [{ price: 1 }, { price: 3 }, 4], new: false, same: null }
  expect(differenceOf(before, after)).toEqual([
    { kind: 'changed', path: 'a', before: 1, after: '1' },
    { kind: 'removed', path: 'gone', before: { b: [1] } },
    { kind: 'changed', path: 'list[1].price', before: 2, after: 3 },
    { kind: 'added', path: 'list[2]', after: 4 },
    { kind: 'added', path: 'new', after: false },
  ])
})

test('differenceOf() is not misled by names of the prototype', () => {
  expect(differenceOf({}, { constructor: 1 })).toEqual([
    { kind: 'added', path: 'constructor', after: 1 },
  ])
})

test('differenceOf() is empty for equal values, and for no others', () => {
  const json = fc.jsonValue() as fc.Arbitrary<Json>
  fc.assert(
    fc.property(json, json, (a, b) => {
      const [left, right] = [a, b].map((value) => JSON.parse(JSON.stringify(value)) as Json)
      expect(differenceOf(left, left)).toEqual([])
      let isEqual = true
      try {
        expect(left).toEqual(right)
      } catch {
        isEqual = false
      }
      expect(differenceOf(left, right).length === 0).toBe(isEqual)
    }),
    { seed: 7, numRuns: 200 },
  )
})
