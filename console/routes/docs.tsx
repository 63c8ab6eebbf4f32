// The API and its codes, explained: rendered from the store's own document, open to everybody, because it says nothing that
// the program does not say of itself.
import type { Context } from 'hono'
import { type ApiDocument, operationsOf } from '../api-document.ts'
import type { ConsoleApp, ConsoleEnv, PageOptions } from '../app.tsx'
import { ApiPage, OperationPage } from '../pages/api-docs.tsx'
import { CodePage, CodesPage } from '../pages/code-docs.tsx'
import { viewerOf } from '../session.ts'
import { storeApiOf } from '../store-api.ts'
import { lookOf } from '../viewer.ts'

/** Registered before a session is asked for. */
export function addDocsPages(app: ConsoleApp, options: PageOptions): void {
  app.get('/docs', (context) => context.redirect('/docs/api', 302))
  app.get('/docs/api', async (context) => {
    return context.html(<ApiPage {...(await read(context))} />)
  })
  app.get('/docs/api/:operation', async (context) => {
    const given = await read(context)
    const id = context.req.param('operation')
    const placed = operationsOf(given.document).find(
      ({ operation }) => operation.operationId === id,
    )
    return placed ? context.html(<OperationPage {...given} placed={placed} />) : context.notFound()
  })
  app.get('/docs/errors', async (context) => {
    return context.html(<CodesPage {...(await read(context))} />)
  })
  app.get('/docs/errors/:code', async (context) => {
    const given = await read(context)
    const code = context.req.param('code')
    const group = given.document['x-codes'].find(({ codes }) => Object.hasOwn(codes, code))
    return group ? context.html(<CodePage {...given} {...{ group, code }} />) : context.notFound()
  })

  async function read(context: Context<ConsoleEnv>) {
    const viewer = await viewerOf(context, options)
    // Who is not signed in gets the frame of an error, too, should there be no such page.
    if (viewer) context.set('viewer', viewer)
    const document = await storeApiOf(context, options.askStore).get<ApiDocument>('/openapi.json')
    return { viewer, look: lookOf(context, options), document }
  }
}
