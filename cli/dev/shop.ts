// A small believable shop: seeded shoppers walk from the shelf to the till through Segment's own library. What it sends
// is known exactly, so that what arrives can be held against it.
import type { Analytics } from '@segment/analytics-node'
import { type Clock, type Random, sleep } from '../../core/clock.ts'
import { createShopper, PRODUCTS, type Product, pick, type Shopper } from './catalogue.ts'
import { type AudienceTruth, createEngage } from './engage.ts'

export interface ShopOptions {
  readonly analytics: Analytics
  /** The same library on the source of the Engage space, which states who is in which audience. */
  readonly engage: Analytics
  readonly clock: Clock
  readonly random: Random
  readonly shoppers: number
  /** Part of every id, so that two runs never share one. */
  readonly run: string
  /** Milliseconds over which the shoppers come in. */
  readonly overMs: number
  readonly onMoment?: (moment: ShopMoment) => void
  readonly signal: AbortSignal
}

/** Something worth telling. */
export interface ShopMoment {
  readonly kind: 'order' | 'second_message' | 'repeat' | 'misspelt' | 'entered' | 'left'
  readonly id: string
}

/** What the shop knows to be true. */
export interface ShopTruth {
  /** Order id → value. */
  readonly orders: ReadonlyMap<string, number>
  readonly leads: ReadonlySet<string>
  readonly signUps: ReadonlySet<string>
  /** Audience → who is in it at the end, and what was bought by whoever was in it at the time. */
  readonly audiences: ReadonlyMap<string, AudienceTruth>
  /** Messages handed to the library, repeats included. */
  readonly sent: number
  /** Distinct message ids among them. */
  readonly distinct: number
  /** Message id of one order, to try `message explain` with. */
  readonly sample: string
}

// Shares of shoppers, or of orders, that take a turn.
const ADDS = 0.6
const CHECKS_OUT = 0.6
const ORDERS = 0.8
const SIGNS_UP = 0.3
const ASKS = 0.12
const BOTH_SIDES = 0.2
const REPEATED = 0.03
const MISSPELT = 0.05
const ANSWERS = 0.5

export async function runShop(options: ShopOptions): Promise<ShopTruth> {
  const book = openBook(options)
  const starts = Array.from(
    { length: options.shoppers },
    () => options.random() * options.overMs,
  ).sort((a, b) => a - b)
  let elapsedMs = 0
  for (const [number, startMs] of starts.entries()) {
    if (options.signal.aborted) break
    // Timers are coarse: shoppers come in small groups rather than one at a time.
    if (startMs - elapsedMs > 20) {
      await sleep(options.clock, startMs - elapsedMs, options.signal)
      elapsedMs = startMs
    }
    visit(createShopper(number, options.run, options.random), book, options)
  }
  return book.truth()
}

type Fields = Record<string, unknown>
type Call = 'track' | 'identify' | 'page'

function openBook(options: ShopOptions) {
  const { analytics, clock, random, run, onMoment } = options
  const orders = new Map<string, number>()
  const leads = new Set<string>()
  const signUps = new Set<string>()
  let sent = 0
  let distinct = 0
  let sample = ''
  const engage = createEngage({
    run,
    clock,
    send: (call, message) => {
      distinct++
      hand(call, message, options.engage)
    },
  })

  const hand = (call: Call, message: Fields, library = analytics) => {
    sent++
    ;(library[call] as (message: Fields) => void).call(library, message)
  }
  return {
    orders,
    leads,
    signUps,
    engage,
    /** Sends a message dated `ageMs` ago; a few are sent twice with one id, as by a client that lost the answer. */
    send(call: Call, shopper: Shopper, isKnown: boolean, fields: Fields, ageMs: number): string {
      const messageId = `${run}-${distinct++}`
      const message = {
        ...fields,
        messageId,
        anonymousId: shopper.anonymousId,
        ...(isKnown ? { userId: shopper.userId } : {}),
        timestamp: new Date(clock.now() - ageMs),
        context: contextOf(shopper, isKnown),
      }
      hand(call, message)
      if (random() < REPEATED) {
        hand(call, message)
        onMoment?.({ kind: 'repeat', id: messageId })
      }
      return messageId
    },
    /** The person answers the consent banner. */
    answer(shopper: Shopper, consent: Fields) {
      const messageId = `${run}-${distinct++}`
      const { anonymousId, userId, traits } = shopper
      const timestamp = new Date(clock.now())
      hand('identify', { messageId, anonymousId, userId, traits, timestamp, context: { consent } })
    },
    /** Something that the mapping table has no row for: nobody's business action, or a row that is missing. */
    mention(event: string, shopper: Shopper, isKnown: boolean) {
      const messageId = `${run}-${distinct++}`
      const { anonymousId } = shopper
      const timestamp = new Date(clock.now())
      hand('track', {
        event,
        messageId,
        anonymousId,
        timestamp,
        context: contextOf(shopper, isKnown),
      })
    },
    note(moment: ShopMoment, messageId?: string) {
      if (messageId) sample = messageId
      onMoment?.(moment)
    },
    truth: (): ShopTruth => ({
      ...{ orders, leads, signUps, sent, distinct, sample },
      audiences: engage.truth(),
    }),
  }
}

type Book = ReturnType<typeof openBook>

function visit(shopper: Shopper, book: Book, { random, run }: ShopOptions): void {
  const isKnown = random() < 0.25
  const ageMs = () => Math.floor(random() * 120_000)
  const track = (event: string, properties: Fields, known = isKnown) =>
    book.send('track', shopper, known, { event, properties }, ageMs())

  const { engage } = book
  for (const moment of engage.before(shopper)) book.note({ ...moment })
  if (isKnown) book.send('identify', shopper, true, { traits: shopper.traits }, ageMs())
  book.send('page', shopper, isKnown, { name: 'Home', properties: { path: '/' } }, ageMs())
  if (random() < 0.3) track('Products Searched', { query: pick(PRODUCTS, random).category })
  const seen = Array.from({ length: 1 + Math.floor(random() * 3) }, () => pick(PRODUCTS, random))
  for (const product of seen) track('Product Viewed', { ...product, currency: shopper.currency })
  if (random() < ASKS) {
    const leadId = `lead-${run}-${shopper.number}`
    book.leads.add(leadId)
    track('Lead Submitted', { leadId, email: shopper.traits.email, form: 'Newsletter' })
  }
  if (random() < MISSPELT) {
    track('product viewed', { ...seen[0] })
    book.note({ kind: 'misspelt', id: 'product viewed' })
  }
  if (shopper.number % 6 === 0) book.mention('Size Guide Opened', shopper, isKnown)
  if (random() > ADDS) return
  for (const product of seen)
    track('Product Added', { ...product, quantity: 1, currency: shopper.currency })
  if (random() > CHECKS_OUT) {
    engage.abandoned(shopper, isKnown)
    return
  }
  checkOut(shopper, seen, isKnown, book, random, run, track)
}

type Track = (event: string, properties: Fields, known?: boolean) => string

function checkOut(
  shopper: Shopper,
  basket: readonly Product[],
  isKnown: boolean,
  book: Book,
  random: Random,
  run: string,
  track: Track,
): void {
  const products = basket.map((product) => ({ ...product, quantity: 1 + Math.floor(random() * 2) }))
  const revenue = cents(products.reduce((sum, { price, quantity }) => sum + price * quantity, 0))
  const total = cents(revenue + 4.9)
  const checkout = {
    checkout_id: `chk-${run}-${shopper.number}`,
    revenue,
    currency: shopper.currency,
    products,
  }
  track('Checkout Started', checkout)
  if (random() > ORDERS) {
    book.engage.abandoned(shopper, isKnown)
    return
  }
  if (!isKnown) {
    book.send('identify', shopper, true, { traits: shopper.traits }, 0)
    if (random() < SIGNS_UP) {
      book.signUps.add(shopper.userId)
      track('Signed Up', { type: 'customer' }, true)
    }
  }
  const orderId = `ORD-${run}-${String(shopper.number).padStart(4, '0')}`
  book.orders.set(orderId, revenue)
  book.engage.ordered(shopper, orderId, revenue)
  const order = { orderId, ...checkout, total, shipping: 4.9 }
  book.note({ kind: 'order', id: orderId }, track('Order Completed', order, true))
  // Half of the undecided answer at the till: what was held for them goes, for the order and all that came before.
  if (isUndecided(shopper.number) && random() < ANSWERS) {
    const consent = { categoryPreferences: { Advertising: true, Analytics: true, Marketing: true } }
    book.answer(shopper, consent)
  }
  if (random() < BOTH_SIDES) {
    // The browser's thank-you page and the shop's server both report the order, as strings and numbers differ.
    track(
      'Order Completed',
      { ...order, orderId: undefined, order_id: orderId, revenue: String(revenue) },
      true,
    )
    book.note({ kind: 'second_message', id: orderId })
  }
}

function contextOf({ number, traits }: Shopper, isKnown: boolean): Fields {
  const search = `?gclid=EAIaIQobChMIsample${String(number).padStart(6, '0')}&fbclid=IwAR0sample${number}`
  return {
    ip: `198.51.100.${number % 250}`,
    userAgent:
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari/537.36',
    locale: 'en-GB',
    page: { url: `https://shop.example/${search}`, search, path: '/' },
    ...(isUndecided(number) ? {} : { consent: consentOf(number) }),
    ...(isKnown ? { traits } : {}),
  }
}

// Some shoppers have not answered the banner yet: what they do is held for the destinations that need their consent.
function isUndecided(number: number): boolean {
  return number % 5 === 0
}

function consentOf(number: number): Fields {
  return {
    categoryPreferences: {
      Advertising: number % 4 !== 1,
      Analytics: true,
      Marketing: number % 5 !== 2,
    },
  }
}

function cents(amount: number): number {
  return Math.round(amount * 100) / 100
}
