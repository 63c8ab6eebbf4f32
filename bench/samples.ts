// Messages of a shop, in the form in which Segment hands them to a destination function.
import type { JsonObject } from '../core/json.ts'
import type { Chance } from './random.ts'

export type SampleKind = 'view' | 'add' | 'order' | 'identify'

export interface Shop {
  message(kind: SampleKind): JsonObject
  /** A kind in the shares of a shop: of 20 messages 10 views, 4 adds, 3 orders, 3 identifies. */
  kind(): SampleKind
}

interface Person {
  readonly anonymousId: string
  readonly userId: string
  readonly firstName: string
  readonly lastName: string
  readonly city: string
  /** Set by the first message that says who it is; until then messages are anonymous. */
  isIdentified: boolean
}

const KINDS: readonly SampleKind[] = [
  ...Array<SampleKind>(10).fill('view'),
  ...Array<SampleKind>(4).fill('add'),
  ...Array<SampleKind>(3).fill('order'),
  ...Array<SampleKind>(3).fill('identify'),
]
const FIRST_NAMES = ['Jane', 'Ahmed', 'Jürgen', 'Sofia', 'Liam', 'Zoë', 'Pavel', 'Mia']
const LAST_NAMES = ['Doe', 'Müller', 'García', 'Novak', 'Rossi', 'Smith', 'Jensen', 'Okafor']
const CITIES = ['Berlin', 'Köln', 'Madrid', 'Praha', 'Milano', 'Leeds', 'Aarhus', 'Hamburg']
const PRODUCTS = [
  { name: 'Trail Running Shoe Men', category: 'Shoes/Running', brand: 'Northpeak', price: 89.95 },
  { name: 'Merino Base Layer Long Sleeve', category: 'Apparel/Tops', brand: 'Fjord', price: 64.5 },
  { name: 'Insulated Bottle 750 ml', category: 'Gear/Bottles', brand: 'Kestrel', price: 24 },
  { name: 'Packable Rain Jacket', category: 'Apparel/Jackets', brand: 'Northpeak', price: 139.9 },
  { name: 'Cushioned Hiking Socks', category: 'Apparel/Socks', brand: 'Fjord', price: 16.9 },
]
const USER_AGENT =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36'

const START = Date.UTC(2026, 10, 22, 9)
// One message in four is the first of a new visitor; the others come from the latest of this many. With fewer people
// about, batches under way at once would share them more often than those of a real shop do.
const NEW_SHARE = 0.25
const ABOUT = 10_000
// One order in fifty is reported twice, by the browser and by the server, under two message ids.
const REPEATED_ORDERS = 0.02

export function createShop(chance: Chance): Shop {
  const people = Array.from({ length: ABOUT }, () => newPerson(chance))
  let clock = START
  let orders = 100_000
  const nextOrder = () => (chance.next() < REPEATED_ORDERS ? orders : ++orders)
  return {
    kind: () => chance.pick(KINDS),
    message(kind) {
      clock += chance.below(40)
      const person = personOf(chance, people)
      if (kind === 'order' || kind === 'identify') person.isIdentified = true
      const common = envelope(chance, person, kind, new Date(clock).toISOString())
      if (kind === 'identify') return { type: 'identify', ...common, traits: traitsOf(person) }
      if (kind === 'order') return orderCompleted(chance, common, `ORD-${nextOrder()}`)
      const event = kind === 'view' ? 'Product Viewed' : 'Product Added'
      return { type: 'track', event, ...common, properties: oneProduct(chance, kind) }
    },
  }
}

function personOf(chance: Chance, people: Person[]): Person {
  const known = people[people.length - 1 - chance.below(ABOUT)]
  if (known && chance.next() >= NEW_SHARE) return known
  const person = newPerson(chance)
  people.push(person)
  return person
}

function newPerson(chance: Chance): Person {
  return {
    anonymousId: `${chance.hex(8)}-${chance.hex(4)}-4${chance.hex(3)}-a${chance.hex(3)}-${chance.hex(12)}`,
    userId: `cust_${chance.hex(10)}`,
    firstName: chance.pick(FIRST_NAMES),
    lastName: chance.pick(LAST_NAMES),
    city: chance.pick(CITIES),
    isIdentified: false,
  }
}

function traitsOf({ firstName, lastName, city, userId }: Person): JsonObject {
  return {
    email: `${userId}@example.com`,
    phone: `+4917${userId.slice(5).replace(/\D/g, '7')}`,
    firstName,
    lastName,
    address: { street: 'Example Street 12', city, postalCode: '10115', country: 'DE' },
  }
}

function envelope(chance: Chance, person: Person, kind: SampleKind, timestamp: string): JsonObject {
  return {
    messageId: `ajs-next-${Date.parse(timestamp)}-${chance.hex(8)}-${chance.hex(4)}-${chance.hex(12)}`,
    anonymousId: person.anonymousId,
    userId: person.isIdentified ? person.userId : null,
    context: contextOf(chance, person, kind),
    integrations: {},
    originalTimestamp: timestamp,
    sentAt: timestamp,
    receivedAt: timestamp,
    timestamp,
    version: 2,
    channel: 'client',
    projectId: 'p2Qn4sT7kXw9',
  }
}

function contextOf(chance: Chance, person: Person, kind: SampleKind): JsonObject {
  const path = kind === 'order' ? '/checkout/thank-you' : '/p/trail-running-shoe'
  const search = `?utm_source=google&utm_medium=cpc&gclid=Cj0KCQ${chance.hex(24)}`
  return {
    library: { name: 'analytics.js', version: 'next-1.84.3' },
    ip: `203.0.113.${chance.below(256)}`,
    userAgent: USER_AGENT,
    locale: 'de-DE',
    timezone: 'Europe/Berlin',
    device: { type: 'desktop', manufacturer: 'Apple', model: 'Macintosh' },
    screen: { width: 1440, height: 900, density: 2 },
    page: {
      path,
      search,
      title: 'Outdoor Example Shop',
      url: `https://shop.example.com${path}${search}`,
      referrer: 'https://www.google.com/',
    },
    campaign: { name: 'autumn_sale', source: 'google', medium: 'cpc', content: 'hero' },
    consent: { categoryPreferences: { advertising: true, analytics: true, functional: true } },
    fbp: `fb.1.1763800000000.${chance.hex(10)}`,
    ...(kind === 'order' ? { traits: traitsOf(person) } : {}),
  }
}

function orderCompleted(chance: Chance, common: JsonObject, orderId: string): JsonObject {
  const products = Array.from({ length: 3 + chance.below(2) }, (_, at) => productOf(chance, at + 1))
  const subtotal = cents(products.reduce((sum, { price, quantity }) => sum + price * quantity, 0))
  const properties = {
    order_id: orderId,
    checkout_id: `chk_${chance.hex(12)}`,
    affiliation: 'Online store',
    total: cents(subtotal + 4.9),
    revenue: subtotal,
    shipping: 4.9,
    tax: cents(subtotal * 0.19),
    discount: 0,
    coupon: 'AUTUMN10',
    currency: 'EUR',
    products,
  }
  return { type: 'track', event: 'Order Completed', ...common, properties }
}

function oneProduct(chance: Chance, kind: SampleKind): JsonObject {
  const cart = kind === 'add' ? { cart_id: `cart_${chance.hex(12)}` } : {}
  return { ...productOf(chance, 1), ...cart, currency: 'EUR', value: 89.95, list_id: 'search' }
}

function productOf(chance: Chance, position: number) {
  const product = chance.pick(PRODUCTS)
  return {
    product_id: chance.hex(12),
    sku: `SKU-${1000 + chance.below(9000)}`,
    ...product,
    quantity: 1 + chance.below(2),
    position,
    url: 'https://shop.example.com/p/trail-running-shoe',
  }
}

function cents(amount: number): number {
  return Math.round(amount * 100) / 100
}
