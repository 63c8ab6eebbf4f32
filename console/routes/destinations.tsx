// Destinations: how they are, stopping and starting them, and trying one.
import type { Context } from 'hono'
import type { DestinationDetail, DestinationList, Overview, TestAnswer } from '../api-types.ts'
import type { ConsoleApp, ConsoleEnv } from '../app.tsx'
import { DestinationPage } from '../pages/destination/page.tsx'
import { DestinationsPage } from '../pages/destinations.tsx'
import type { StoreApi, StoreOf } from '../store-api.ts'

/** Of every destination that is on. */
export async function readDestinationNames(store: StoreApi): Promise<string[]> {
  const { destinations } = await store.get<{ destinations: readonly { name: string }[] }>(
    '/v1/destinations?detail=names',
  )
  return destinations.map(({ name }) => name)
}

const DAY = '/v1/overview?window=24h'

export function addDestinationPages(app: ConsoleApp, store: StoreOf): void {
  app.get('/destinations', async (context) => {
    const { viewer } = context.var
    const [overview, { destinations, off }] = await Promise.all([
      store(context).get<Overview>(DAY),
      store(context).get<DestinationList>('/v1/destinations'),
    ])
    return context.html(
      <DestinationsPage {...{ viewer, destinations, off }} overviews={overview.destinations} />,
    )
  })
  app.get('/destinations/:name', (context) => showDestination(context, null))
  app.post('/destinations/:name/pause', async (context) => {
    const { reason } = await context.req.parseBody()
    await store(context).post(`${pathOf(context)}/pause`, textOr(reason, 'reason'))
    return context.redirect(await placeOf(context), 303)
  })
  app.post('/destinations/:name/enable', async (context) => {
    await store(context).post(`${pathOf(context)}/enable`)
    return context.redirect(await placeOf(context), 303)
  })
  app.post('/destinations/:name/test', async (context) => {
    const { event, test_code, send_real } = await context.req.parseBody()
    const tried = await store(context).post<TestAnswer>(`${pathOf(context)}/test`, {
      ...textOr(event, 'event'),
      ...textOr(test_code, 'test_code'),
      send_real: send_real === 'yes',
    })
    return showDestination(context, tried)
  })

  async function showDestination(context: Context<ConsoleEnv>, tried: TestAnswer | null) {
    const { viewer } = context.var
    const [overview, destination] = await Promise.all([
      store(context).get<Overview>(DAY),
      store(context).get<DestinationDetail>(pathOf(context)),
    ])
    return context.html(<DestinationPage {...{ viewer, destination, overview, tried }} />)
  }
}

const nameIn = (context: Context) => encodeURIComponent(context.req.param('name') ?? '')
const pathOf = (context: Context) => `/v1/destinations/${nameIn(context)}`

/** Back to where the form was: the destination's own page, or its card. */
async function placeOf(context: Context): Promise<string> {
  const { from } = await context.req.parseBody()
  return from === 'own' ? `/destinations/${nameIn(context)}` : `/destinations#${nameIn(context)}`
}

// Empty fields are not given.
function textOr(value: unknown, name: string): Record<string, string> {
  return typeof value === 'string' && value.trim() ? { [name]: value.trim() } : {}
}
