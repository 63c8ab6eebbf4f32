// FQL: what each condition means, precedence, functions, and what is refused with which words.
import { compileTrigger } from '../../../core/mapping-kit/compile-trigger.ts'
import { theirTrigger } from './oracle.ts'

const event = {
  type: 'track',
  event: 'Order Completed',
  userId: 'cust_1',
  messageId: 'm_1',
  anonymousId: null,
  properties: {
    revenue: 129.95,
    count: '3',
    coupon: 'AUTUMN10',
    gift: true,
    empty: '',
    nothing: null,
    products: [{ id: 'p1' }, { id: 'p2' }],
    tags: ['vip', 'new', 3, null],
    'product 1': { price: 5 },
    'a.b': 'dotted',
    glob: 'ab*d',
    in: 'kept',
  },
  traits: { email: 'ada@company.com', name: 'ada lovelace' },
  context: { library: { name: 'analytics.js', version: '1.0' }, campaign: { source: 'google' } },
  integrations: { All: false },
}

// What the original evaluates right: both must give the answer.
const shared: readonly (readonly [string, boolean])[] = [
  ['type = "track"', true],
  ['type="track"', true],
  ['type = "Track"', false],
  ['type != "identify"', true],
  ['type = "track" and event = "Order Completed"', true],
  ['type = "identify" or event = "Order Completed"', true],
  ['type = "track" and (event = "X" or event = "Order Completed")', true],
  ['(type = "track" and event = "X") or (type = "track" and userId = "cust_1")', true],
  ['\n  type = "track"\n  and event != "X"\n', true],
  ['type = "track", event = "Order Completed"', true],
  ['type = "track", event = "X"', false],
  ['properties.revenue = 129.95', true],
  ['properties.revenue > 129.9', true],
  ['properties.revenue >= 129.95', true],
  ['properties.revenue < 129.95', false],
  ['properties.revenue <= "130"', true],
  ['properties.count > 1', false],
  ['properties.count = 3', false],
  ['properties.count != 3', false],
  ['properties.revenue != 3', true],
  ['properties.missing != 3', false],
  ['properties.missing != "x"', true],
  ['properties.gift = true', true],
  ['properties.gift = false', false],
  ['properties.count = true', false],
  ['properties.nothing = null', true],
  ['properties.missing = null', true],
  ['properties.empty != null', true],
  ['userId != null', true],
  ['userId = null', false],
  ['name = null', true],
  ['properties.products.length > 1', true],
  ['properties.product\\ 1.price = 5', true],
  ['traits.email = "ada@company.com"', true],
  ['context.library.name = "analytics.js"', true],
  ['contains(event, "Completed")', true],
  ['contains(properties.missing, "x")', false],
  ['contains(properties.count, 3)', true],
  ['!contains(event, "Refunded")', true],
  ['!contains(properties.missing, "x")', false],
  ['!contains(properties.revenue, "x")', false],
  ['match(event, "Order*")', true],
  ['match(event, "*Completed")', true],
  ['match(event, "*")', true],
  ['!match(properties.coupon, "SPRING*")', true],
  ['!match(properties.missing, "SPRING*")', false],
]

// Where the original is wrong or refuses: the standard meaning, or the server's.
const ours: readonly (readonly [string, boolean])[] = [
  ['type = "identify" and event = "X" or userId = "cust_1"', true],
  ['userId = "cust_1" or type = "identify" and event = "X"', true],
  ['(userId = "x" or type = "track") and event = "X"', false],
  ['((type = "track" and (event = "X" or (userId = "cust_1"))))', true],
  ["event = 'Order Completed'", true],
  [`event = "Order" or event = 'Order Completed'`, true],
  ['event == "Order Completed"', true],
  ['event !="Order Completed"', false],
  ['properties.revenue<200', true],
  ['!(event = "Order Completed")', false],
  ['!(properties.missing = "x")', true],
  ['!(contains(properties.missing, "x"))', true],
  ['!properties.gift', false],
  ['properties.gift', true],
  ['properties.missing', false],
  ['properties.gift != true', false],
  ['properties.missing != true', true],
  ['event = null', false],
  ['event != null', true],
  ['traits != null', true],
  ['event in ["Order Completed", "Order Refunded"]', true],
  ["event in ['X']", false],
  ['!(type in ["track", "identify"])', false],
  ['"vip" in properties.tags', true],
  ['3 in properties.tags', true],
  ['"3" in properties.tags', false],
  ['null in properties.tags', true],
  ['properties.missing in [null]', true],
  ['"vip" in properties.coupon', false],
  ['properties.coupon in ["x", properties.coupon]', true],
  ['messageId = "m_1"', true],
  ['anonymousId = null', true],
  ['integrations.All = false', true],
  ['"track" = type', true],
  ['100 < properties.revenue', true],
  ['200 < properties.revenue', false],
  ['200 >= properties.revenue', true],
  ['properties.revenue > properties.product\\ 1.price', true],
  ['properties.coupon = properties.coupon', true],
  ['properties.tags = ["vip", "new", 3, null]', true],
  ['properties.tags = ["vip"]', false],
  ['properties.products != properties.tags', true],
  ['properties.nothing = properties.missing', true],
  ['properties.a\\.b = "dotted"', true],
  ['properties.in = "kept"', true],
  ['properties.tags.0 = "vip" and properties.products.1.id = "p2"', true],
  ['properties.constructor = null', true],
  ['properties.__proto__.x = null', true],
  ['properties.empty.x = null', true],
  ['event = "a\\"b"', false],
  ['length(userId) > 0', true],
  ['length(anonymousId) = 0', true],
  ['length(properties.tags) = 4', true],
  ['length("ア") = 3', true],
  ['length("é€😀") = 9', true],
  ['length(traits) > 0', false],
  ['lowercase(event) = "order completed"', true],
  ['uppercase(properties.coupon) = properties.coupon', true],
  ['lowercase(properties.missing) = null', true],
  ['snakecase("test string") = "test_string"', true],
  ['kebabcase("test string") = "test-string"', true],
  ['titlecase(traits.name) = "Ada Lovelace"', true],
  ['typeof(properties.tags) = "list" and typeof(event) = "string"', true],
  ['typeof(properties.gift) = "bool" and typeof(properties.revenue) = "number"', true],
  ['typeof(properties.missing) = "null"', true],
  ['number(properties.count) = 3', true],
  ['number(event) = null', true],
  ['string(properties.revenue) = "129.95"', true],
  ['string(properties.missing) = ""', true],
  ['bool(properties.count)', true],
  ['bool("false") or bool(properties.missing) or bool(0) or bool([])', false],
  ['contains(lowercase(event), "order")', true],
  ['contains(event, properties.missing)', false],
  ["contains( context.library.name, 'js' ) = true", true],
  ["match( context.library.version, '1.*' )", true],
  ["match( context.library.version, '2.*' )", false],
  ['match(type, "t?ack")', true],
  ['match(event, "*der*plet*")', true],
  ['match(event, "Order")', false],
]

describe('compileTrigger()', () => {
  test.each(shared)('%s → %s, as the original', (fql, answer) => {
    expect(compileTrigger(fql)(event)).toBe(answer)
    expect(theirTrigger(fql)(event)).toBe(answer)
  })

  test.each(ours)('%s → %s', (fql, answer) => {
    expect(compileTrigger(fql)(event)).toBe(answer)
  })

  test.each([
    ["'abcd'", 'a*d', true],
    ["''", '*', true],
    ["'abc'", 'ab', false],
    ["'abcd'", 'a??d', true],
    ["'abcd'", '*d', true],
    ["'ab*d'", 'ab\\*d', true],
    ["'abXd'", 'ab\\*d', false],
    ["'abCd'", 'ab[cC]d', true],
    ["'abcd'", 'ab[a-z]d', true],
    ["'abcd'", 'ab[A-Z]d', false],
    ["'a]d'", 'a[x\\]]d', true],
    ["'a-d'", 'a[x-]d', true],
    ["'a😀d'", 'a?d', true],
    ["'line\nbreak'", 'line*', true],
    ["'line\nbreak'", '*e?b*k', true],
    ["'aXbXc'", 'a*b*c*', true],
    ["'ab'", 'a*b*c', false],
    ["'a'", '**a**', true],
    ["''", '?', false],
    ["'a\\\\b'", 'a\\\\\\\\b', true],
  ])('match(%s, "%s") → %s', (text, pattern, answer) => {
    expect(compileTrigger(`match(${text}, "${pattern}")`)(event)).toBe(answer)
  })

  test('a pattern made to take for ever does not', () => {
    const isMatch = compileTrigger(`match(properties.text, "${'*a'.repeat(40)}*b?")`)
    expect(isMatch({ properties: { text: 'a'.repeat(20_000) } })).toBe(false)
  })

  test('host functions get the context and the values', () => {
    const calls: unknown[][] = []
    const functions = {
      in_audience: (context: unknown, ...args: readonly unknown[]) => {
        calls.push([context, ...args])
        return (context as { audiences: string[] }).audiences.includes(String(args[0]))
      },
      maybe: () => 'yes',
    }
    const isMet = compileTrigger(
      'type = "track" and in_audience("vip") and !in_audience(traits.none, properties.tags)',
      { functions },
    )
    expect(isMet(event, { audiences: ['vip'] })).toBe(true)
    expect(calls).toEqual([
      [{ audiences: ['vip'] }, 'vip'],
      [{ audiences: ['vip'] }, null, event.properties.tags],
    ])
    expect(isMet(event, { audiences: [] })).toBe(false)
    const isOutside = compileTrigger('not in_audience("vip") and type = "track"', { functions })
    expect(isOutside(event, { audiences: ['vip'] })).toBe(false)
    expect(isOutside(event, { audiences: [] })).toBe(true)
    expect(compileTrigger('maybe()', { functions })(event)).toBe(false)
    expect(compileTrigger('maybe() = "yes"', { functions })(event)).toBe(true)
  })

  test('a host function cannot take the name of one of FQL’s', () => {
    expect(() => compileTrigger('type = "x"', { functions: { length: () => 1 } })).toThrow(
      TypeError,
    )
  })

  test.each([
    ['', 'at its end: it is empty'],
    ['   ', 'it is empty'],
    ['event = purchase', 'at character 9 (purchase): text wants quotes; write "purchase"'],
    ['event in [purchase]', 'write "purchase"'],
    ['event = "x', 'at character 9 ("x): the text has no closing quote'],
    ['event = "x" AND type = "track"', 'write "and" in lower case'],
    ['event = "x" Or (type = "track")', 'write "or" in lower case'],
    ['not event = "x"', 'write !( … ) for "not"'],
    ['not contains(event, "x") = true', '"!" would negate one side only'],
    ['not (event = "x")', 'write !( … ) for "not"'],
    ['!event = "x"', 'write !( … ) around the comparison'],
    ['!!properties.gift', 'remove both'],
    ['event = "x" && type = "track"', 'write "and"'],
    ['event = "x" || type = "track"', 'write "or"'],
    ['event = "x" type = "track"', 'want "and" or "or" between two conditions'],
    ['event = "x" or', 'at its end: want a path, a value or a function here'],
    ['and event = "x"', 'want a condition before "and"'],
    ['event', null],
    ['event =', 'want a path, a value or a function'],
    ['(event = "x"', 'want ")" here'],
    ['event = "x")', 'want "and" or "or"'],
    ['event in ["x"', 'want "]" here'],
    ['event in "x"', 'want a list after "in"'],
    ['event = "x" = true', 'comparisons do not chain'],
    ['"track"', 'a value is no condition'],
    ['["track"]', 'a list is no condition'],
    ['userId = 5', 'this field is text; write "5"'],
    ['true = event', 'this field is text; write "true"'],
    ['properties.a > "x"', 'only numbers have an order'],
    ['properties.a >= null', 'only numbers have an order'],
    ['properties.a = 1e5', 'want a plain number'],
    ['properties.a = .5', 'want a plain number'],
    ['properties.a[0] = 1', 'write .0 for the first of a list'],
    ['properties.$x = 1', 'put \\ before it in a path'],
    ['contains(event)', 'want contains(text, part)'],
    ['contains(event, null)', 'want the text to look for'],
    ['lowercase(event, "x") = "x"', 'want lowercase(value)'],
    ['match("Order *", event)', 'want the pattern as text, second'],
    ['match(event, "[ab")', 'write \\[ for the character itself'],
    ['match(event, "[]")', 'lists no character'],
    ['match(event, "[!a]")', 'no negation'],
    ['match(event, "a\\\\\\")', 'no closing quote'],
    [
      'in_audience("x")',
      'no function is called "in_audience"; want one of contains, match, length',
    ],
    ['constructor("x")', 'no function is called "constructor"'],
    [`${'('.repeat(200)}event = "x"${')'.repeat(200)}`, 'more than 100 levels deep'],
    [`${'length('.repeat(200)}event${')'.repeat(200)} = 1`, 'more than 100 levels deep'],
  ])('refuses %s', (fql, says) => {
    if (says === null) {
      expect(compileTrigger(fql)({ event: 'x' })).toBe(false)
      return
    }
    expect(() => compileTrigger(fql)).toThrow(
      expect.objectContaining({ code: 'MAPPING_INVALID', message: expect.stringContaining(says) }),
    )
  })
})
