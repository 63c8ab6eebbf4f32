// The console: pages rendered here, read from the store over its HTTP API with the rights of whoever looks.
import { Hono } from 'hono'
import { addAssets, assetPaths, type ReadAsset } from './assets.ts'
import { guardForms } from './form-token.ts'
import { pageHeaders } from './page-headers.ts'
import { addPages } from './page-routes.tsx'
import { ErrorPage } from './pages/error.tsx'
import { addDocsPages } from './routes/docs.tsx'
import { serverTiming } from './server-timing.ts'
import { requireSession } from './session.ts'
import { addSignIn } from './sign-in.tsx'
import { StoreRefusal } from './store-api.ts'
import { type AssetPath, lookOf, type Viewer } from './viewer.ts'

export interface ConsoleOptions {
  /** The store's HTTP API, e.g. an in-process call of the same server's application. */
  readonly askStore: (request: Request) => Response | Promise<Response>
  /** A file of console/assets; null for a name that is none. */
  readonly readAsset: ReadAsset
  /** 256 bits in hex that nobody can guess. */
  readonly newToken: () => string
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number
  readonly log: (level: 'info' | 'warn' | 'error', message: string) => void
}

export type PageOptions = ConsoleOptions & { readonly assetPath: AssetPath }
export type ConsoleEnv = { Variables: { viewer: Viewer; formToken: string } }
export type ConsoleApp = Hono<ConsoleEnv>

export function createConsole(given: ConsoleOptions): ConsoleApp {
  const options: PageOptions = { ...given, assetPath: assetPaths(given.readAsset) }
  const app = new Hono<ConsoleEnv>()
  app.use(serverTiming(options.now))
  app.use(pageHeaders())
  addAssets(app, options.readAsset)
  app.use(guardForms(options.newToken))
  addSignIn(app, options)
  addDocsPages(app, options)
  app.use(requireSession(options))
  addPages(app, options)
  app.notFound((context) =>
    context.html(
      <ErrorPage
        viewer={context.get('viewer') ?? null}
        look={lookOf(context, options)}
        title="No such page"
        message={`There is nothing at ${context.req.path}.`}
        fix="Go to the overview, or search for what you have: an order, an event id, a person."
      />,
      404,
    ),
  )
  app.onError((error, context) => {
    const viewer = context.get('viewer') ?? null
    const look = lookOf(context, options)
    if (error instanceof StoreRefusal) {
      const { status, code, message } = error
      const title =
        status === 404 ? 'Not found' : status === 403 ? 'Not allowed' : 'The store says no'
      return context.html(
        <ErrorPage {...{ viewer, look, title, message, code }} fix={fixOf(status)} />,
        status >= 500 ? 502 : (status as 400),
      )
    }
    options.log(
      'error',
      `console ${context.req.method} ${context.req.path}: ${error.stack ?? error}`,
    )
    return context.html(
      <ErrorPage
        viewer={viewer}
        look={look}
        title="This page failed"
        message="The console could not make this page."
        fix="The store’s log says why. Trying again is safe: reading changes nothing."
      />,
      500,
    )
  })
  return app
}

function fixOf(status: number): string {
  if (status === 404)
    return 'Check the id and the environment: nothing of one can be seen from another.'
  if (status === 403) return 'Sign in with a key or a link of a higher role.'
  if (status === 409)
    return 'Somebody, or a worker, was faster. Go back and look at it as it is now.'
  if (status >= 500) return 'The store cannot read its database now. Try again in a few seconds.'
  return 'Change what was asked for and try again.'
}
