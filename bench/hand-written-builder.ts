// The benchmark's yardstick: canonical event → Meta server event as somebody writes it for one site, in one function, with
// no mapping and no schema. Its normalisation is enough for the example events only.

import * as crypto from 'node:crypto'
import { createHash } from 'node:crypto'
import type { CanonicalEvent } from '../core/canonical-event.ts'

type OneShot = (algorithm: string, text: string, encoding: 'hex') => string
const oneShot = (crypto as { hash?: OneShot }).hash
const sha256: (text: string) => string = oneShot
  ? (text) => oneShot('sha256', text, 'hex')
  : (text) => createHash('sha256').update(text).digest('hex')

const letters = (text: string) => text.toLowerCase().replace(/[\p{P}\p{S}\s]+/gu, '')

export function buildByHand(event: CanonicalEvent, eventName: string): Record<string, unknown> {
  const { user, context, properties } = event
  const data: Record<string, unknown> = {}
  if (user.email) data.em = [sha256(user.email.trim().toLowerCase())]
  if (user.phone) data.ph = [sha256(user.phone.replace(/\D/g, '').replace(/^0+/, ''))]
  if (user.first_name) data.fn = sha256(letters(user.first_name))
  if (user.last_name) data.ln = sha256(letters(user.last_name))
  if (user.city) data.ct = sha256(letters(user.city))
  if (user.region) data.st = sha256(letters(user.region))
  if (user.postal_code) data.zp = sha256(letters(user.postal_code))
  if (user.country) data.country = sha256(user.country.toLowerCase())
  const ids: string[] = []
  if (event.canonical_user_id) ids.push(sha256(event.canonical_user_id.trim().toLowerCase()))
  if (event.anonymous_id) ids.push(sha256(event.anonymous_id.trim().toLowerCase()))
  if (ids.length > 0) data.external_id = ids
  if (context.ip) data.client_ip_address = context.ip
  if (context.user_agent) data.client_user_agent = context.user_agent
  if (context.click_ids?.fbc) data.fbc = context.click_ids.fbc
  if (context.click_ids?.fbp) data.fbp = context.click_ids.fbp
  const custom: Record<string, unknown> = {}
  if (properties.value !== undefined) custom.value = properties.value
  if (properties.currency) custom.currency = properties.currency
  const items = properties.items as readonly string[] | undefined
  const lineItems = properties.line_items as readonly Record<string, unknown>[] | undefined
  if (items) custom.content_ids = items
  if (lineItems) {
    custom.contents = lineItems.map((item) => {
      const content: Record<string, unknown> = {
        id: item.item_id,
        quantity: item.quantity,
        item_price: item.price,
      }
      if (item.name) content.title = item.name
      if (item.brand) content.brand = item.brand
      if (item.category) content.category = item.category
      return content
    })
  }
  if (items || lineItems) custom.content_type = 'product'
  if (properties.order_id) custom.order_id = properties.order_id
  const built: Record<string, unknown> = {
    event_name: eventName,
    event_time: Math.floor(Date.parse(event.occurred_at as string) / 1000),
    event_id: properties.event_id,
    action_source: context.page?.url && context.user_agent ? 'website' : 'system_generated',
  }
  if (context.page?.url) built.event_source_url = context.page.url
  if (context.page?.referrer) built.referrer_url = context.page.referrer
  built.user_data = data
  if (Object.keys(custom).length > 0) built.custom_data = custom
  return built
}
