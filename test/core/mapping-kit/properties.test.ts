// The compiler beside `transform` on random mappings and events: the same ones at every run.
import fc from 'fast-check'
import { compileMapping } from '../../../core/mapping-kit/compile-mapping.ts'
import { anyEvent, oddMapping, wholeMapping } from './arbitraries.ts'
import { deepFreeze, isSameOutcome, ours, outcomeOf, textOf, theirs } from './oracle.ts'

const RUNS = { seed: 20_261_122, numRuns: 800 }

describe('compileMapping() equals transform()', () => {
  test('on random mappings and events', () => {
    let values = 0
    fc.assert(
      fc.property(
        wholeMapping,
        fc.array(anyEvent, { minLength: 1, maxLength: 2 }),
        (mapping, events) => {
          const compiled = compileMapping(mapping as never)
          for (const event of events) {
            const wanted = theirs(mapping, event)
            const found = outcomeOf(() => compiled(event as never))
            if ('value' in wanted && wanted.value !== '{}') values++
            if (!isSameOutcome(found, wanted)) expect(found).toEqual(wanted)
          }
        },
      ),
      RUNS,
    )
    // Fields that are all missing would be equal without proving much.
    expect(values).toBeGreaterThan(RUNS.numRuns)
  })

  test('on mappings with faults, where they are not refused', () => {
    let [refused, equal] = [0, 0]
    fc.assert(
      fc.property(oddMapping, anyEvent, (mapping, event) => {
        const found = ours(mapping, event)
        if ('threw' in found && found.threw.startsWith('The mapping has')) {
          refused++
          return
        }
        equal++
        const wanted = theirs(mapping, event)
        if (!isSameOutcome(found, wanted)) expect(found).toEqual(wanted)
      }),
      RUNS,
    )
    expect(Math.min(refused, equal)).toBeGreaterThan(RUNS.numRuns / 10)
  })

  test('without writing into mapping or event, and sharing nothing with them', () => {
    fc.assert(
      fc.property(wholeMapping, anyEvent, (mapping, event) => {
        const [mappingText, eventText] = [textOf(mapping), textOf(event)]
        const run = compileMapping(deepFreeze(mapping) as never)
        const first = outcomeOf(() => scribble(run(event as never)))
        expect(textOf(event)).toBe(eventText)
        expect(textOf(mapping)).toBe(mappingText)
        if ('value' in first)
          expect(ours(mapping, event)).toEqual(outcomeOf(() => run(event as never)))
      }),
      // Shrinking would start from an event that has been written to.
      { ...RUNS, numRuns: 300, endOnFailure: true },
    )
  })
})

// What schema validation does to a payload: coerce, fill in, take away.
function scribble(value: unknown): void {
  if (Array.isArray(value)) {
    value.forEach(scribble)
    value.push('scribble')
  } else if (typeof value === 'object' && value !== null && !(value instanceof Date)) {
    Object.values(value).forEach(scribble)
    Object.assign(value, { scribble: true })
  }
}
