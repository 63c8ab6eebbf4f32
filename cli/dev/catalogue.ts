// What the sample shop sells and who shops there: invented, and the same for every run.
import type { Random } from '../../core/clock.ts'

export interface Product {
  readonly product_id: string
  readonly sku: string
  readonly name: string
  readonly category: string
  readonly price: number
}

const SHELVES: Readonly<Record<string, readonly (readonly [string, number])[]>> = {
  Tea: [
    ['Assam 250 g', 12.5],
    ['Darjeeling First Flush 100 g', 18.9],
    ['Sencha 100 g', 14],
    ['Chamomile 80 g', 7.5],
    ['Earl Grey 250 g', 11.9],
  ],
  Coffee: [
    ['House Espresso 1 kg', 24],
    ['Yirgacheffe 250 g', 13.5],
    ['Decaf 500 g', 15.9],
  ],
  Ware: [
    ['Cast-iron Kettle', 64],
    ['Porcelain Cup', 19.5],
    ['Gooseneck Kettle', 89.95],
    ['Burr Grinder', 149],
    ['Tea Strainer', 8.9],
  ],
  Pantry: [
    ['Shortbread', 5.9],
    ['Heather Honey', 9.5],
    ['Dark Chocolate 70 %', 4.2],
  ],
}

export const PRODUCTS: readonly Product[] = Object.entries(SHELVES).flatMap(([category, shelf]) =>
  shelf.map(([name, price], at) => ({
    product_id: `${category.toLowerCase()}-${at + 1}`,
    sku: `${category.slice(0, 3).toUpperCase()}-${100 + at}`,
    name,
    category,
    price,
  })),
)

const FIRST_NAMES = [
  'Ada',
  'Björn',
  'Chiara',
  'Deniz',
  'Élodie',
  'Farid',
  'Grace',
  'Hana',
  'Iñigo',
  'Joanna',
  'Kofi',
  'Łucja',
]
const LAST_NAMES = [
  'Arslan',
  'Berg',
  'Costa',
  'Dubois',
  'Eriksen',
  'Fischer',
  'García',
  'Haddad',
  'Ito',
  'Jansen',
  'Kowalska',
  'Mensah',
]
const TOWNS = [
  ['Berlin', '10115', 'DE', 'EUR'],
  ['Lyon', '69002', 'FR', 'EUR'],
  ['Kraków', '31-007', 'PL', 'PLN'],
  ['Leeds', 'LS1 4AP', 'GB', 'GBP'],
  ['Malmö', '211 20', 'SE', 'SEK'],
] as const

export interface Shopper {
  readonly number: number
  readonly anonymousId: string
  readonly userId: string
  readonly traits: Readonly<Record<string, unknown>> & { readonly email: string }
  readonly currency: string
}

export function createShopper(number: number, run: string, random: Random): Shopper {
  const first = pick(FIRST_NAMES, random)
  const last = pick(LAST_NAMES, random)
  const [city, postalCode, country, currency] = pick(TOWNS, random)
  return {
    number,
    anonymousId: `anon-${run}-${number}`,
    userId: `cust_${10_000 + number}`,
    traits: {
      email: `shopper.${number}@example.com`,
      phone: `+4930${String(1_000_000 + number)}`,
      firstName: first,
      lastName: last,
      address: { city, postalCode, country },
    },
    currency,
  }
}

export function pick<Item>(list: readonly Item[], random: Random): Item {
  return list[Math.floor(random() * list.length)] as Item
}
