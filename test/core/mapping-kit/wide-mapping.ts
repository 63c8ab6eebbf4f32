// One mapping with every directive but @liquid, over the fields that messages have.
// biome-ignore-all lint/suspicious/noThenProperty: the directive's own word

const path = (place: string) => ({ '@path': place })
const firstOf = (place: string, other: string) => ({
  '@if': { exists: path(place), then: path(place), else: path(other) },
})

export const WIDE_MAPPING: Record<string, unknown> = {
  event: path('$.event'),
  event_id: { '@template': 'seg_{{messageId}}_{{{properties.order_id}}}_{{context.page}}' },
  user: firstOf('$.userId', '$.anonymousId'),
  email: firstOf('$.traits.email', '$.context.traits.email'),
  first: { '@case': { operator: 'upper', value: path('$.traits.firstName') } },
  phone: {
    '@replace': { pattern: '-', replacement: '', pattern2: ' ', value: path('$.traits.phone') },
  },
  value: {
    '@if': { blank: path('$.properties.revenue'), then: path('$.properties.revenue'), else: 0.5 },
  },
  items: {
    '@arrayPath': [
      '$.properties.products',
      { id: firstOf('$.sku', '$.product_id'), all: path('$.'), price: path('$.price') },
    ],
  },
  flat: { '@flatten': { value: path('$.context'), separator: '.' } },
  lists: { '@flatten': { value: path('$.properties'), separator: '_', omitArrays: true } },
  json: { '@json': { mode: 'encode', value: path('$.properties') } },
  decoded: { '@json': { mode: 'decode', value: path('$.properties.value') } },
  merged: {
    '@merge': {
      direction: 'left',
      objects: [path('$.traits'), path('$.context.traits'), { x: path('$.no') }],
    },
  },
  staged: {
    '@transform': {
      apply: { p: path('$.properties'), c: path('$.context') },
      mapping: { list: path('$.p'), url: path('$.c.page.url') },
    },
  },
  full: { '@excludeWhenNull': path('$.properties') },
  literal: { '@literal': { a: [path('$.type'), null] } },
}
