// @liquid with the real engine, beside the original.
import { Liquid } from 'liquidjs'
import { compileMapping, validateMapping } from '../../../core/mapping-kit/compile-mapping.ts'
import { createLiquidCompiler } from '../../../core/mapping-kit/liquid.ts'
import { deepFreeze, ours, theirs } from './oracle.ts'

const liquid = createLiquidCompiler(Liquid)

const event = deepFreeze({
  userId: 'cust_1',
  properties: {
    name: 'ada',
    price: 12.5,
    tags: ['b', 'a'],
    products: [{ id: 'p1' }, { id: 'p2' }],
  },
})

describe('@liquid', () => {
  test.each([
    ['{{ properties.name | upcase }}', 'ADA'],
    ['{{ properties.price | times: 2 | round }} {{ missing }}', '25 '],
    ['{% if properties.price > 10 %}high{% else %}low{% endif %}', 'high'],
    ['{% assign n = properties.tags | join: "-" %}{{ n }}', 'b-a'],
    ['{{ properties.constructor }}{{ properties.__proto__ }}', ''],
    ['', ''],
  ])('%s', (template, text) => {
    const mapping = { v: { '@liquid': template } }
    expect(compileMapping(mapping, { liquid })(event)).toEqual({ v: text })
    expect(theirs(mapping, event)).toEqual(ours(mapping, event, { liquid }))
  })

  test('inside @arrayPath gets the item', () => {
    const mapping = {
      v: { '@arrayPath': ['$.properties.products', { id: { '@liquid': '{{ id | upcase }}' } }] },
    }
    expect(compileMapping(mapping, { liquid })(event)).toEqual({ v: [{ id: 'P1' }, { id: 'P2' }] })
    expect(theirs(mapping, event)).toEqual(ours(mapping, event, { liquid }))
  })

  test('counts on its own: the event is not written to', () => {
    const map = compileMapping({ v: { '@liquid': '{% increment userCount %}' } }, { liquid })
    expect([map(event), map(event)]).toEqual([{ v: '0' }, { v: '0' }])
  })

  test.each([
    ['{% for p in properties.products %}{{ p.id }}{% endfor %}', 'tag "for" is switched off'],
    ['{{ properties.tags | sort }}', 'undefined filter: sort'],
    ['{{ properties.name | upcaes }}', 'undefined filter: upcaes'],
    ['{{ properties.name', 'not closed'],
    [`${'x'.repeat(1001)}`, 'at most 1000 characters, got 1001'],
  ])('is refused at compile time: %s', (template, says) => {
    const problems = validateMapping({ v: { '@liquid': template } }, { liquid })
    expect(problems).toEqual([{ path: ['v', '@liquid'], message: expect.stringContaining(says) }])
  })

  test('is refused where no engine is passed', () => {
    expect(() => compileMapping({ v: { '@liquid': 'x' } })).toThrow(
      expect.objectContaining({
        code: 'MAPPING_INVALID',
        message: expect.stringContaining('v.@liquid: Liquid is not available here; use @template'),
      }),
    )
  })

  test('a template that fails while rendering is an error of that event, with its cause', () => {
    const map = compileMapping(
      {
        v: {
          '@liquid': '{{ properties.name | date: properties.tags, 1, 2 | slice }}{% render_me %}',
        },
      },
      {
        liquid: () => () => {
          throw new Error('memory alloc limit exceeded')
        },
      },
    )
    expect(() => map(event)).toThrow(
      expect.objectContaining({
        code: 'MAPPING_INVALID',
        message: 'Cannot map this event: v.@liquid: memory alloc limit exceeded',
        cause: expect.any(Error),
      }),
    )
  })
})
