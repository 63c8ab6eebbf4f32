// Which page answers where: each asks the store for what it shows and renders it.
import type { Context } from 'hono'
import { streamSSE } from 'hono/streaming'
import type {
  AudienceMember,
  AudienceSummary,
  AudienceTransition,
  AuditEntry,
  DeadLetterGroup,
  DestinationStory,
  DryRunPage,
  EventPage,
  ListedEvent,
  MessageStory,
  Overview,
  ProfileStory,
  ReplayStory,
} from './api-types.ts'
import type { ConsoleApp, ConsoleEnv, PageOptions } from './app.tsx'
import { readServerSentEvents } from './event-source.ts'
import { AudiencePage, AudiencesPage } from './pages/audiences.tsx'
import { DeadLettersPage } from './pages/dead-letters.tsx'
import { DestinationsPage } from './pages/destinations.tsx'
import { EventRow, EventsPage } from './pages/events.tsx'
import { MessagePage } from './pages/message.tsx'
import { OverviewPage } from './pages/overview.tsx'
import { ProfilePage, ProfileSearchPage } from './pages/profile.tsx'
import { DryRunViewPage, ReplayPage } from './pages/replays.tsx'
import { SettingsPage } from './pages/settings.tsx'
import { pathWith, type StoreApi, StoreRefusal, storeApiOf } from './store-api.ts'
import { mayAct } from './viewer.ts'

type PageContext = Context<ConsoleEnv>

export function addPages(app: ConsoleApp, options: PageOptions): void {
  const store = (context: PageContext) => storeApiOf(context, options.askStore)

  app.get('/', async (context) => {
    const { window } = context.req.query()
    const [overview, { destinations }] = await Promise.all([
      store(context).get<Overview>(pathWith('/v1/overview', { window })),
      readDestinations(store(context)),
    ])
    const { viewer } = context.var
    return context.html(<OverviewPage {...{ viewer, overview, destinations }} />)
  })

  addEventPages(app, store)
  addDestinationPages(app, store)
  addReplayPages(app, options, store)
  addAudiencePages(app, store)

  app.get('/profiles', (context) => {
    const { id } = context.req.query()
    if (id?.trim()) return context.redirect(`/profiles/${encodeURIComponent(id.trim())}`, 303)
    return context.html(<ProfileSearchPage viewer={context.var.viewer} />)
  })
  app.get('/profiles/:id', async (context) => {
    const { viewer } = context.var
    const id = context.req.param('id')
    try {
      const path = `/v1/profiles/${encodeURIComponent(id)}`
      const profile = await store(context).get<ProfileStory>(path)
      return context.html(<ProfilePage {...{ viewer, profile }} />)
    } catch (error) {
      if (!(error instanceof StoreRefusal) || error.status !== 404) throw error
      return context.html(<ProfileSearchPage viewer={viewer} unknown={id} />, 404)
    }
  })

  app.get('/settings', async (context) => {
    const { viewer } = context.var
    const { cursor } = context.req.query()
    const audit = mayAct(viewer, 'admin')
      ? await store(context).get<{ entries: AuditEntry[]; next: string | null }>(
          pathWith('/v1/audit-log', { cursor }),
        )
      : null
    return context.html(<SettingsPage {...{ viewer, audit }} />)
  })
}

type StoreOf = (context: PageContext) => StoreApi

function readDestinations(store: StoreApi): Promise<{ destinations: DestinationStory[] }> {
  return store.get('/v1/destinations')
}

function addEventPages(app: ConsoleApp, store: StoreOf): void {
  app.get('/events', async (context) => {
    const { viewer } = context.var
    const { q, state, destination, outcome, name, cursor } = context.req.query()
    // Empty fields of the form are no filter.
    const query = Object.fromEntries(
      Object.entries({ q, state, destination, outcome, name, cursor }).flatMap(([key, value]) =>
        value?.trim() ? [[key, value.trim()]] : [],
      ),
    )
    const [page, { destinations }] = await Promise.all([
      store(context).get<EventPage>(pathWith('/v1/events', query)),
      readDestinations(store(context)),
    ])
    const names = destinations.map((each) => each.name)
    return context.html(<EventsPage {...{ viewer, page, query }} destinations={names} />)
  })

  app.get('/events/stream', async (context) => {
    const { look } = context.var.viewer
    const closed = new AbortController()
    const answer = await store(context).open('/v1/events/stream', closed.signal)
    // What stands between may gather an answer before it passes it on; this asks it not to.
    context.header('X-Accel-Buffering', 'no')
    return streamSSE(context, async (stream) => {
      stream.onAbort(() => closed.abort())
      for await (const data of readServerSentEvents(answer, closed.signal)) {
        if (data === '') {
          await stream.write(': nothing new\n\n')
          continue
        }
        const event = JSON.parse(data) as ListedEvent
        await stream.writeSSE({ data: String(<EventRow event={event} look={look} />) })
      }
    })
  })

  app.get('/messages/:id', async (context) => {
    const { viewer } = context.var
    const path = `/v1/messages/${encodeURIComponent(context.req.param('id'))}`
    const story = await store(context).get<MessageStory>(path)
    return context.html(<MessagePage {...{ viewer, story }} isRevealed={false} />)
  })
  app.post('/messages/:id/reveal', async (context) => {
    const { viewer } = context.var
    const path = `/v1/messages/${encodeURIComponent(context.req.param('id'))}/reveal`
    const story = await store(context).post<MessageStory>(path)
    return context.html(<MessagePage {...{ viewer, story }} isRevealed />)
  })
}

function addDestinationPages(app: ConsoleApp, store: StoreOf): void {
  app.get('/destinations', async (context) => {
    const { viewer } = context.var
    const [overview, { destinations }] = await Promise.all([
      store(context).get<Overview>('/v1/overview?window=24h'),
      readDestinations(store(context)),
    ])
    return context.html(
      <DestinationsPage {...{ viewer, destinations }} overviews={overview.destinations} />,
    )
  })
  for (const action of ['pause', 'enable'] as const) {
    app.post(`/destinations/:name/${action}`, async (context) => {
      const name = context.req.param('name') ?? ''
      await store(context).post(`/v1/destinations/${encodeURIComponent(name)}/${action}`)
      return context.redirect(`/destinations#${encodeURIComponent(name)}`, 303)
    })
  }
}

/** Each page of a replay is 500 deliveries; a longer one goes on by hand. */
const MOST_PAGES = 20

function addReplayPages(app: ConsoleApp, { newToken }: PageOptions, store: StoreOf): void {
  app.get('/dead-letters', async (context) => {
    const { viewer } = context.var
    const [{ groups }, { replays }] = await Promise.all([
      store(context).get<{ groups: DeadLetterGroup[] }>('/v1/dead-letters?group=reason'),
      store(context).get<{ replays: ReplayStory[] }>('/v1/replays'),
    ])
    return context.html(<DeadLettersPage {...{ viewer, groups, replays }} />)
  })

  app.get('/replays/new', async (context) => {
    const { viewer } = context.var
    const query = selectionOf(context.req.query())
    const asked = { ...query, dry_run: true, states: ['dead', 'unknown'] }
    const page = await store(context).post<DryRunPage>('/v1/replays', asked)
    const idempotencyKey = newToken()
    return context.html(<DryRunViewPage {...{ viewer, query, page, idempotencyKey }} />)
  })

  app.post('/replays', async (context) => {
    const form = await context.req.parseBody()
    const note = typeof form.note === 'string' && form.note.trim() ? { note: form.note.trim() } : {}
    const asked = { ...selectionOf(form), ...note, states: ['dead', 'unknown'] }
    const key = typeof form.idempotency_key === 'string' ? form.idempotency_key : newToken()
    const replay = await store(context).post<ReplayStory>('/v1/replays', asked, {
      'idempotency-key': key,
    })
    await goOn(store(context), replay)
    return context.redirect(`/replays/${replay.id}`, 303)
  })

  app.post('/replays/:id/continue', async (context) => {
    const path = `/v1/replays/${encodeURIComponent(context.req.param('id'))}`
    await goOn(store(context), await store(context).get<ReplayStory>(path))
    return context.redirect(`/replays/${encodeURIComponent(context.req.param('id'))}`, 303)
  })

  app.get('/replays/:id', async (context) => {
    const { viewer } = context.var
    const path = `/v1/replays/${encodeURIComponent(context.req.param('id'))}`
    const replay = await store(context).get<ReplayStory>(path)
    return context.html(<ReplayPage {...{ viewer, replay }} />)
  })
}

async function goOn(store: StoreApi, replay: ReplayStory): Promise<void> {
  let current = replay
  for (let page = 0; current.state === 'running' && page < MOST_PAGES; page++)
    current = await store.post<ReplayStory>(`/v1/replays/${current.id}/continue`)
}

function selectionOf(given: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    ['message_id', 'destination', 'reason'].flatMap((name) => {
      const value = given[name]
      return typeof value === 'string' && value !== '' ? [[name, value] as const] : []
    }),
  )
}

function addAudiencePages(app: ConsoleApp, store: StoreOf): void {
  app.get('/audiences', async (context) => {
    const { viewer } = context.var
    const { audiences } = await store(context).get<{ audiences: AudienceSummary[] }>(
      '/v1/audiences',
    )
    return context.html(<AudiencesPage {...{ viewer, audiences }} />)
  })
  app.get('/audiences/:id', async (context) => {
    const { viewer } = context.var
    const path = `/v1/audiences/${encodeURIComponent(context.req.param('id'))}`
    const [audience, { members }, { transitions }] = await Promise.all([
      store(context).get<AudienceSummary>(path),
      store(context).get<{ members: AudienceMember[] }>(`${path}/members?limit=100`),
      store(context).get<{ transitions: AudienceTransition[] }>(`${path}/transitions?limit=100`),
    ])
    return context.html(<AudiencePage {...{ viewer, audience, members, transitions }} />)
  })
}
