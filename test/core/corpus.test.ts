// Messages that others wrote: none may throw, each gets a kind and an entry that JSON can carry, the same every time.
import { canonicalise } from '../../core/canonicalise.ts'
import type { JsonObject } from '../../core/json.ts'
import { corpusRows, corpusTitle, describeCorpus } from './support/corpus.ts'
import { table } from './support/table.ts'

interface CorpusMessage {
  readonly kind: string
  readonly event?: unknown
  readonly computation_class?: string
  readonly shape?: string
  readonly message: JsonObject
}

const KIND_OF_TYPE: Readonly<Record<string, readonly string[]>> = {
  track: ['event', 'unmapped', 'audience'],
  identify: ['profile', 'audience'],
  page: ['unmapped'],
  screen: ['unmapped'],
  group: ['group'],
  alias: ['alias'],
  delete: ['delete'],
}

describeCorpus(corpusTitle('canonicalise() on the corpus'), () => {
  test.each(['messages.ndjson', 'messages.fuzz.ndjson', 'audiences.ndjson'])('%s', (file) => {
    const rows = corpusRows<CorpusMessage>(file)
    expect(rows.length).toBeGreaterThan(200)
    const wrong = rows.filter(({ message }) => {
      const before = JSON.stringify(message)
      const entry = canonicalise(message, table)
      const text = JSON.stringify(entry)
      const type = typeof message.type === 'string' ? message.type.trim().toLowerCase() : ''
      return !(
        (KIND_OF_TYPE[type] ?? ['unmapped']).includes(entry.kind) &&
        (entry.canonical !== null) === (entry.kind === 'event') &&
        (entry.canonical?.properties.event_id ?? 'x') !== '' &&
        JSON.stringify(canonicalise(JSON.parse(before), table)) === text &&
        JSON.stringify(message) === before
      )
    })
    expect(wrong).toEqual([])
  })

  test('every listed event of the corpus becomes its canonical event', () => {
    const tracked = corpusRows<CorpusMessage>('messages.ndjson').filter(
      ({ message }) => message.type === 'track' && table.rows.has(String(message.event)),
    )
    const seen = new Set<string>()
    for (const { message } of tracked) {
      const { canonical, kind } = canonicalise(message, table)
      if (kind === 'audience') continue
      expect(canonical?.tracklayer_event).toBe(table.rows.get(String(message.event))?.canonical)
      seen.add(canonical?.tracklayer_event ?? '')
    }
    expect([...seen]).toEqual(
      expect.arrayContaining(['purchase', 'add_to_cart', 'view_content', 'refund', 'sign_up']),
    )
  })

  test('a plain number for an amount is never lost or changed', () => {
    for (const { message } of corpusRows<CorpusMessage>('messages.ndjson')) {
      const { canonical } = canonicalise(message, table)
      const { revenue, total } = (message.properties ?? {}) as JsonObject
      if (canonical?.tracklayer_event !== 'purchase') continue
      if (typeof revenue === 'number') expect(canonical.properties.value).toBe(revenue)
      else if (typeof total === 'number' && revenue === undefined)
        expect(canonical.properties.value).toBe(total)
      if (typeof total === 'number') expect(canonical.properties.total).toBe(total)
    }
  })

  test('audiences and journey steps as tracks and identifies are memberships, computed traits are not', () => {
    for (const { message } of corpusRows<CorpusMessage>('audiences.ndjson')) {
      const context = message.context as JsonObject | undefined
      const computationClass = (context?.personas as JsonObject | undefined)?.computation_class
      const isMembership = computationClass === 'audience' || computationClass === 'journey_step'
      if (message.type !== 'track' && message.type !== 'identify') continue
      expect(canonicalise(message, table).kind === 'audience').toBe(isMembership)
    }
  })
})

interface Accessor {
  readonly accessor: string
  readonly args?: readonly unknown[]
  readonly value?: unknown
  readonly message: JsonObject
}

// Segment's own reading → where we hold the same.
const OURS: Readonly<Record<string, (read: Reading) => unknown>> = {
  email: ({ user }) => user.email,
  firstName: ({ user }) => user.first_name,
  lastName: ({ user }) => user.last_name,
  phone: ({ user }) => user.phone,
  country: ({ user }) => user.country,
  state: ({ user }) => user.region,
  zip: ({ user }) => user.postal_code,
  userId: ({ userId }) => userId,
  revenue: ({ properties }) => properties.value,
  value: ({ properties }) => properties.value,
  currency: ({ properties }) => properties.currency,
  subtotal: ({ properties }) => properties.subtotal,
  tax: ({ properties }) => properties.tax,
  shipping: ({ properties }) => properties.shipping,
  discount: ({ properties }) => properties.discount,
  orderId: ({ properties }) => properties.order_id,
  checkoutId: ({ properties }) => properties.checkout_id,
  cartId: ({ properties }) => properties.cart_id,
  wishlistId: ({ properties }) => properties.wishlist_id,
  price: ({ properties }) => properties.price,
  quantity: ({ properties }) => properties.quantity,
  products: ({ properties }) => properties.items,
}
const EVENT_OF: Readonly<Record<string, string>> = {
  cartId: 'Product Added',
  wishlistId: 'Product Added to Wishlist',
  price: 'Product Viewed',
  quantity: 'Product Viewed',
}

// Where we read otherwise on purpose. The key is the accessor and what the message says.
const DIFFERENCES: readonly { accessor: string; has: string; reason: string }[] = [
  {
    accessor: 'email',
    has: '"userId":"calvin@segment.io"',
    reason: 'a user id is a key and is never taken for a contact',
  },
  {
    accessor: 'email',
    has: '"userId":"test@segment.io"',
    reason: 'a user id is a key and is never taken for a contact',
  },
  { accessor: 'email', has: '"groupId"', reason: 'a group id is no person’s address' },
  {
    accessor: 'firstName',
    has: '"name":"Freddie',
    reason: 'a full name is not cut in two: nobody knows where',
  },
  {
    accessor: 'lastName',
    has: '"name":"Freddie',
    reason: 'a full name is not cut in two: nobody knows where',
  },
  { accessor: 'userId', has: '"userId":2', reason: 'ids are text, numbers are written out' },
  { accessor: 'subtotal', has: '"total":10', reason: 'amounts are read, never computed' },
  {
    accessor: 'subtotal',
    has: '"Total":10',
    reason: 'amounts are read, never computed; names are case-sensitive',
  },
  {
    accessor: 'state',
    has: '"properties":{"state"',
    reason: 'a place among the properties speaks of the order',
  },
  {
    accessor: 'zip',
    has: '"properties":{"zip"',
    reason: 'a place among the properties speaks of the order',
  },
  {
    accessor: 'country',
    has: '"properties":{"country"',
    reason: 'a place among the properties speaks of the order',
  },
  { accessor: 'tax', has: '"tax":"tax"', reason: 'no number: left out with a warning' },
  {
    accessor: 'shipping',
    has: '"shipping":"shipping"',
    reason: 'no number: left out with a warning',
  },
  {
    accessor: 'discount',
    has: '"discount":"discount"',
    reason: 'no number: left out with a warning',
  },
  { accessor: 'price', has: '"price":"price"', reason: 'no number: left out with a warning' },
  {
    accessor: 'products',
    has: '"products":"products"',
    reason: 'absent rather than empty: the list was not readable',
  },
  { accessor: 'products', has: '"Products"', reason: 'names are case-sensitive' },
  { accessor: 'orderId', has: '"id":"id"', reason: 'a bare id may be anything’s' },
]

interface Reading {
  readonly userId: unknown
  readonly user: Readonly<Record<string, unknown>>
  readonly properties: JsonObject
}

function readingOf({ accessor, message }: Accessor): Reading {
  const raw = {
    ...message,
    type: 'track',
    event: EVENT_OF[accessor] ?? 'Order Completed',
    messageId: 'm',
  }
  const { canonical } = canonicalise(raw, table)
  if (canonical === null) throw new Error('the message was not canonicalised')
  return {
    userId: canonical.canonical_user_id,
    user: { ...canonical.user },
    properties: canonical.properties,
  }
}

function isSame(theirs: unknown, ours: unknown): boolean {
  if (!Array.isArray(theirs)) return (theirs ?? null) === (ours ?? null)
  const ids = theirs.map((product) => (product as JsonObject).product_id)
  return JSON.stringify(ids) === JSON.stringify(ours)
}

describeCorpus(corpusTitle('canonicalise() reads as Segment’s own facade does'), () => {
  const accessors = corpusRows<Accessor>('vectors/facade-accessors.ndjson').filter(
    ({ accessor, args }) => accessor in OURS && !args?.length,
  )
  const differs = (row: Accessor) => !isSame(row.value, OURS[row.accessor]?.(readingOf(row)))
  const explains = (row: Accessor, { accessor, has }: { accessor: string; has: string }) =>
    row.accessor === accessor && JSON.stringify(row.message).includes(has)

  test('but for the differences with a reason', () => {
    expect(accessors.length).toBeGreaterThan(40)
    const unexplained = accessors.filter(
      (row) => differs(row) && !DIFFERENCES.some((difference) => explains(row, difference)),
    )
    expect(unexplained).toEqual([])
  })

  test.each(DIFFERENCES)('$accessor of $has differs: $reason', (difference) => {
    expect(accessors.some((row) => differs(row) && explains(row, difference))).toBe(true)
  })
})
