// Mappings, events and triggers that others wrote and published.
import { compileMapping } from '../../../core/mapping-kit/compile-mapping.ts'
import { compileTrigger } from '../../../core/mapping-kit/compile-trigger.ts'
import { corpusRows, corpusTitle, describeCorpus } from '../support/corpus.ts'
import { isSameOutcome, outcomeOf, theirs, theirTrigger } from './oracle.ts'
import { WIDE_MAPPING } from './wide-mapping.ts'

interface Downstream {
  readonly mapping?: Record<string, unknown>
  readonly subscription?: string
  readonly input: Record<string, unknown>
}

const FILES = ['messages.ndjson', 'messages.fuzz.ndjson', 'audiences.ndjson']

function messages(): Record<string, unknown>[] {
  return FILES.flatMap((file) => corpusRows<{ message: Record<string, unknown> }>(file)).map(
    ({ message }) => message,
  )
}

/** What differs, for a readable failure. */
function differing(mapping: Record<string, unknown>, events: readonly Record<string, unknown>[]) {
  const compiled = compileMapping(mapping as never)
  return events.flatMap((event) => {
    const [found, wanted] = [outcomeOf(() => compiled(event as never)), theirs(mapping, event)]
    return isSameOutcome(found, wanted) ? [] : [{ mapping, event, found, wanted }]
  })
}

describeCorpus(corpusTitle('compileMapping() on the corpus'), () => {
  test('published mappings on their own inputs', () => {
    const rows = corpusRows<Downstream>('downstream.ndjson').filter(({ mapping }) => mapping)
    expect(rows.length).toBeGreaterThan(900)
    expect(rows.flatMap(({ mapping = {}, input }) => differing(mapping, [input]))).toEqual([])
  })

  test('published mappings on messages of others', () => {
    const all = messages()
    const texts = corpusRows<Downstream>('downstream.ndjson').flatMap(({ mapping }) =>
      mapping ? [JSON.stringify(mapping)] : [],
    )
    const distinct = [...new Set(texts)].map((text) => JSON.parse(text))
    expect(distinct.length).toBeGreaterThan(100)
    const found = distinct.flatMap((mapping, at) =>
      differing(
        mapping,
        [0, 1, 2, 3].map((offset) => all[(at * 37 + offset * 997) % all.length] as never),
      ),
    )
    expect(found).toEqual([])
  })

  test('a mapping with every directive on messages of others', () => {
    const all = messages()
    expect(all.length).toBeGreaterThan(4_000)
    // Every fifth: the original takes half a millisecond for each.
    const some = all.filter((_, at) => at % 5 === 0)
    expect(differing(WIDE_MAPPING, some)).toEqual([])
  })
})

describeCorpus(corpusTitle('compileTrigger() on the corpus'), () => {
  test('published triggers on every message', () => {
    const written = corpusRows<Downstream>('downstream.ndjson').flatMap(
      ({ subscription }) => subscription ?? [],
    )
    const triggers = new Set(written)
    // The original compares the event with "=".
    triggers.delete('type = "track" and event == "Cart Updated"')
    expect(triggers.size).toBeGreaterThan(40)
    const all = messages()
    let met = 0
    for (const fql of triggers) {
      const [isMet, theirs] = [compileTrigger(fql), theirTrigger(fql)]
      const wrong = all.filter((message) => {
        if (theirs(message)) met++
        return isMet(message as never) !== theirs(message)
      })
      expect({ fql, wrong }).toEqual({ fql, wrong: [] })
    }
    expect(met).toBeGreaterThan(5_000)
  })
})
