import { fillTemplate, parseTemplate } from '../../core/template.ts'

describe('fillTemplate()', () => {
  test.each([
    { name: 'text and a value', parts: ['checkout:', ['c1']], want: 'checkout:c1' },
    { name: 'a number written out', parts: [[10492], '/', [129.95]], want: '10492/129.95' },
    { name: 'values trimmed', parts: [['  ORD-1 ']], want: 'ORD-1' },
    { name: 'zero, which is a value', parts: [[0]], want: '0' },
    { name: 'nothing for a missing value', parts: ['a/', [undefined]], want: null },
    { name: 'nothing for null', parts: [['a'], [null]], want: null },
    { name: 'nothing for blank text', parts: [['a'], [' ']], want: null },
    { name: 'nothing for an object', parts: [[{ id: 1 }]], want: null },
    { name: 'nothing for a function', parts: [[Object]], want: null },
    { name: 'nothing for a boolean', parts: [[true]], want: null },
    { name: 'nothing for infinity', parts: [[Number.POSITIVE_INFINITY]], want: null },
  ] satisfies { name: string; parts: (string | [unknown])[]; want: string | null }[])(
    'gives $name',
    ({ parts, want }) => {
      expect(fillTemplate(parts)).toBe(want)
    },
  )
})

describe('parseTemplate()', () => {
  test.each([
    { template: '{order_id}', want: [['{order_id}', 'order_id']] },
    {
      template: 'checkout:{checkout_id}',
      want: [
        ['checkout:', null],
        ['{checkout_id}', 'checkout_id'],
      ],
    },
    {
      template: '{a}{b}',
      want: [
        ['{a}', 'a'],
        ['{b}', 'b'],
      ],
    },
    { template: '{order id}', want: [['{order id}', null]] },
    { template: '{}', want: [['{}', null]] },
    {
      template: '{{a}}',
      want: [
        ['{', null],
        ['{a}', 'a'],
        ['}', null],
      ],
    },
    { template: 'plain', want: [['plain', null]] },
    { template: '', want: [] },
  ])('splits "$template"', ({ template, want }) => {
    expect(parseTemplate(template).map(({ text, name }) => [text, name])).toEqual(want)
  })
})
