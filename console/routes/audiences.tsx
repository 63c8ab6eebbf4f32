// Audiences, and one of them: its course, its people, what it brings, and how it is doing at each destination.
import type { Context } from 'hono'
import type {
  AudienceMember,
  AudienceOutcomes,
  AudienceSummary,
  AudienceTransition,
  DestinationAudit,
  SizesPage,
} from '../api-types.ts'
import type { ConsoleApp, ConsoleEnv } from '../app.tsx'
import { AudienceDestinationsPage } from '../pages/audiences/destinations.tsx'
import { AudiencesPage } from '../pages/audiences/list.tsx'
import { MembersPage, TransitionsPage } from '../pages/audiences/members.tsx'
import { OutcomesPage, PERIODS, WINDOWS } from '../pages/audiences/outcomes.tsx'
import { AudiencePage } from '../pages/audiences/overview.tsx'
import { pathWith, type StoreOf } from '../store-api.ts'

const PAGE = 50
const DAY_MS = 24 * 60 * 60 * 1000

export function addAudiencePages(app: ConsoleApp, store: StoreOf): void {
  app.get('/audiences', async (context) => {
    const { viewer } = context.var
    const [{ audiences }, sizes] = await Promise.all([
      store(context).get<{ audiences: AudienceSummary[] }>('/v1/audiences?counted=false'),
      store(context).get<SizesPage>('/v1/audience-sizes'),
    ])
    return context.html(<AudiencesPage {...{ viewer, audiences, sizes }} />)
  })

  app.get('/audiences/:id', async (context) => {
    const { viewer } = context.var
    const audience = await read<AudienceSummary>(context)
    const { window } = context.req.query()
    const of = { window, identity: audience.identity ?? audience.id }
    const sizes = await store(context).get<SizesPage>(pathWith('/v1/audience-sizes', of))
    return context.html(<AudiencePage {...{ viewer, audience, sizes }} />)
  })

  app.get('/audiences/:id/members', async (context) => {
    const { viewer } = context.var
    const { cursor } = context.req.query()
    const [audience, { members, next }] = await Promise.all([
      readUncounted(context),
      read<{ members: AudienceMember[]; next: string | null }>(context, 'members', {
        cursor,
        limit: PAGE,
        records: 'true',
      }),
    ])
    const page = { viewer, audience, members, next, cursor: cursor ?? null }
    return context.html(<MembersPage {...page} />)
  })

  app.get('/audiences/:id/transitions', async (context) => {
    const { viewer } = context.var
    const { cursor } = context.req.query()
    const [audience, { transitions, next }] = await Promise.all([
      readUncounted(context),
      read<{ transitions: AudienceTransition[]; next: string | null }>(context, 'transitions', {
        cursor,
        limit: PAGE,
      }),
    ])
    const page = { viewer, audience, transitions, next, cursor: cursor ?? null }
    return context.html(<TransitionsPage {...page} />)
  })

  app.get('/audiences/:id/outcomes', async (context) => {
    const { viewer } = context.var
    const query = context.req.query()
    const days = oneOf(PERIODS, query.days, '30')
    const within = oneOf(WINDOWS, query.window, '7d')
    const since = new Date(viewer.look.nowMs - Number(days) * DAY_MS).toISOString()
    const [audience, outcomes] = await Promise.all([
      readUncounted(context),
      read<AudienceOutcomes>(context, 'outcomes', { since, window: within }),
    ])
    return context.html(<OutcomesPage {...{ viewer, audience, outcomes, days, within }} />)
  })

  app.get('/audiences/:id/destinations', async (context) => {
    const { viewer } = context.var
    const { platform } = context.req.query()
    const [audience, { destinations: audits }] = await Promise.all([
      readUncounted(context),
      read<{ destinations: DestinationAudit[] }>(context, 'audit', {
        platform: platform === 'false' ? 'false' : 'true',
      }),
    ])
    return context.html(<AudienceDestinationsPage {...{ viewer, audience, audits }} />)
  })

  for (const action of ['resume', 'repair'] as const) {
    app.post(`/audiences/:id/${action}`, async (context) => {
      const { destination, anew } = await context.req.parseBody()
      const isAnew = anew === 'true' ? { anew: true } : {}
      const path = `/audiences/${encodeURIComponent(context.req.param('id') ?? '')}`
      await store(context).post(`/v1${path}/${action}`, { destination, ...isAnew })
      return context.redirect(`${path}/destinations`, 303)
    })
  }

  function read<Body>(
    context: Context<ConsoleEnv>,
    part = '',
    query: Readonly<Record<string, string | number | undefined>> = {},
  ): Promise<Body> {
    const path = `/v1/audiences/${encodeURIComponent(context.req.param('id') ?? '')}`
    return store(context).get<Body>(pathWith(part === '' ? path : `${path}/${part}`, query))
  }

  // Its names and states; counting its members is for the one page that shows how many there are.
  function readUncounted(context: Context<ConsoleEnv>): Promise<AudienceSummary> {
    return read<AudienceSummary>(context, '', { counted: 'false' })
  }
}

function oneOf<Choice extends string>(
  choices: Readonly<Record<Choice, string>>,
  given: string | undefined,
  otherwise: Choice,
): Choice {
  return given !== undefined && Object.hasOwn(choices, given) ? (given as Choice) : otherwise
}
