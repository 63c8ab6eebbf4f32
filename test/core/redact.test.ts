import type { Json } from '../../core/json.ts'
import { redact, redactAnswer } from '../../core/redact.ts'

const cases: { name: string; value: Json; want: Json }[] = [
  {
    name: 'an address of mail by key',
    value: { email: 'jane@example.com' },
    want: { email: 'j•••@•••.com' },
  },
  {
    name: 'an address of mail in any text',
    value: ['write to jane@example.com!'],
    want: ['write to j•••@•••.com!'],
  },
  {
    name: 'several in one text',
    value: 'a@x.de, b@y.museum;c@z.org <d@w.net>',
    want: 'a•••@•••.de, b•••@•••.museum;c•••@•••.org <d•••@•••.net>',
  },
  {
    name: 'an address of mail in a web address, plain and escaped',
    value: 'https://shop.example/?e=jane@example.com&f=jane%40example.com',
    want: 'https://shop.example/?e=j•••@•••.com&f=j•••@•••.com',
  },
  { name: 'a link that opens mail', value: 'mailto:jane@example.com', want: 'mailto:j•••@•••.com' },
  { name: 'a domain in another script', value: 'jane@bücher.рф', want: 'j•••@•••.рф' },
  {
    name: 'a phone number keeps its country',
    value: { phone: '+49 170 1' },
    want: { phone: '+49•••' },
  },
  { name: 'a phone number without a country', value: { phone: '0170' }, want: { phone: '0•••' } },
  { name: 'a number', value: { phone: 49170 }, want: { phone: '4•••' } },
  {
    name: 'a name',
    value: { firstName: 'Jane', last_name: 'Doe' },
    want: { firstName: 'J•••', last_name: 'D•••' },
  },
  {
    name: 'a name with its address of mail',
    value: { name: 'Jane Doe <jane@example.com>' },
    want: { name: 'J•••' },
  },
  {
    name: 'all below a personal key',
    value: { address: { street: 'Main 1', lines: ['2nd floor', 7, null, true] } },
    want: { address: { street: 'M•••', lines: ['2•••', '7•••', null, true] } },
  },
  {
    name: 'keys made of several words',
    value: {
      shipping_address: { note: 'x' },
      'Contact Email': 'none',
      customerPhoneNumber: '1',
      'ip-address': '::1',
      billing_address2: 'y',
      date_of_birth: '1984',
    },
    want: {
      shipping_address: { note: 'x•••' },
      'Contact Email': 'n•••',
      customerPhoneNumber: '1•••',
      'ip-address': ':•••',
      billing_address2: 'y•••',
      date_of_birth: '1•••',
    },
  },
  {
    name: 'no names of products, campaigns, pages and devices',
    value: {
      products: [{ name: 'Chair' }],
      campaign: { name: 'Spring' },
      page: { title: 'Home', name: 'home' },
      device: { name: 'iPhone' },
    },
    want: {
      products: [{ name: 'Chair' }],
      campaign: { name: 'Spring' },
      page: { title: 'Home', name: 'home' },
      device: { name: 'iPhone' },
    },
  },
  {
    name: 'addresses of mail below those too',
    value: { campaign: { content: 'jane@example.com' } },
    want: { campaign: { content: 'j•••@•••.com' } },
  },
  {
    name: 'nothing that only resembles',
    value: {
      shipment: 'ok',
      at: 'a@b',
      script: '@media',
      relationship: 'x',
      ratio: 'a @ b.co',
      empty: '',
    },
    want: {
      shipment: 'ok',
      at: 'a@b',
      script: '@media',
      relationship: 'x',
      ratio: 'a @ b.co',
      empty: '',
    },
  },
  { name: 'an empty personal text', value: { email: '' }, want: { email: '' } },
  { name: 'nothing at all', value: null, want: null },
]

test.each(cases)('redact() masks $name', ({ value, want }) => {
  expect(redact(value)).toEqual(want)
})

test('redact() keeps keys named __proto__ as data', () => {
  const value = JSON.parse('{"__proto__":{"email":"jane@example.com"},"a":1}')
  expect(JSON.stringify(redact(value))).toBe('{"__proto__":{"email":"j•••@•••.com"},"a":1}')
})

test('redact() changes nothing of what it is given', () => {
  const value = { email: 'jane@example.com', products: [{ name: 'x' }] }
  const before = structuredClone(value)
  redact(value)
  expect(value).toEqual(before)
})

test('redact() leaves out what lies deeper than 100 levels', () => {
  const nested = (levels: number): Json =>
    JSON.parse(`${'{"a":['.repeat(levels)}1${']}'.repeat(levels)}`)
  expect(redact(nested(50))).toEqual(nested(50))
  expect(JSON.stringify(redact(nested(50_000)))).toHaveLength(6 * 50 + 3 + 2 * 50)
  expect(JSON.stringify(redact({ address: nested(50_000) }))).toContain('…')
})

// With the square of its length each of these would take minutes; the test's own time limit is the assertion.
test.each([
  { name: 'without a break', text: 'a'.repeat(400_000) },
  { name: 'of @', text: '@'.repeat(400_000) },
  { name: 'of a@', text: 'a@'.repeat(200_000) },
  { name: 'of escaped @', text: 'a%40b'.repeat(80_000) },
  { name: 'of dots after an @', text: `a@${'.b'.repeat(200_000)}` },
])(
  'redact() passes over a long text $name',
  ({ text }) => {
    expect(redact(text)).toBe(text)
    expect(redact({ email: text })).toEqual({ email: `${text.slice(0, 1)}•••` })
  },
  5_000,
)

describe('redactAnswer()', () => {
  const sent: Json = {
    event: {
      user: {
        email: 'Jane.Doe@example.com',
        phone: '+491701234',
        first_name: 'Jane',
        country: 'DE',
      },
      context: { ip: '203.0.113.77', page: { title: 'Thanks' } },
      properties: { order_id: 'o-1', shipping_address: { street: 'Weg "7"', zip: 53111 } },
    },
  }
  test.each([
    {
      name: 'an echo of everything',
      text: JSON.stringify(sent),
      want: JSON.stringify({
        event: {
          user: { email: 'J•••', phone: '+49•••', first_name: 'J•••', country: 'DE' },
          context: { ip: '2•••', page: { title: 'Thanks' } },
          properties: { order_id: 'o-1', shipping_address: { street: 'W•••', zip: 5 } },
        },
      }).replace('"zip":5', '"zip":5•••'),
    },
    {
      name: 'a text that repeats some of it',
      text: 'no such customer: Jane, +491701234',
      want: 'no such customer: J•••, +49•••',
    },
    {
      name: 'an echo inside a text of JSON',
      text: JSON.stringify({ data: JSON.stringify({ first_name: 'Jane' }) }),
      want: JSON.stringify({ data: JSON.stringify({ first_name: 'J•••' }) }),
    },
    {
      name: 'another address of mail',
      text: 'ask admin@shop.example',
      want: 'ask a•••@•••.example',
    },
    {
      name: 'words of its own',
      text: '{"error":{"name":"OAuthException","state":"DEAD"}}',
      want: '{"error":{"name":"OAuthException","state":"DEAD"}}',
    },
  ])('masks of $name what was personal', ({ text, want }) => {
    expect(redactAnswer(text, sent)).toBe(want)
  })
})
