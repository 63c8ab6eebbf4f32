// GET /openapi.json: what this API is, read off the routes that are registered. Made when first asked for, and once.
import { createHash } from 'node:crypto'
import { object } from '../answers/leaves.ts'
import type { StoreApp } from '../app.ts'
import { openApiOf } from '../openapi.ts'
import { addRoute, route } from '../route.ts'

const getOpenApi = route({
  method: 'get',
  path: '/openapi.json',
  id: 'getOpenApi',
  tag: 'Operation',
  summary: 'This document',
  access: 'open',
  answer: object({ openapi: '3.1.1' }),
})

export function addOpenApiRoute(app: StoreApp): void {
  let made: { readonly text: string; readonly etag: string } | undefined
  addRoute(app, getOpenApi, (context) => {
    made ??= makeDocument(app)
    // Nothing but the program changes it: whoever has it asks whether it is still the same.
    context.header('ETag', made.etag)
    context.header('Cache-Control', 'no-cache')
    if (context.req.header('if-none-match') === made.etag) return context.body(null, 304)
    return context.body(made.text, 200, { 'Content-Type': 'application/json' })
  })
}

function makeDocument(app: StoreApp) {
  const text = JSON.stringify(openApiOf(app.routes))
  return { text, etag: `"${createHash('sha256').update(text).digest('base64url').slice(0, 16)}"` }
}
