// Dead letters, the dry run of a replay, and the replay itself.
import type { DeadLetterGroup, DryRunPage, ReplayStory } from '../api-types.ts'
import type { ConsoleApp, PageOptions } from '../app.tsx'
import { DeadLettersPage } from '../pages/dead-letters.tsx'
import { DryRunViewPage, ReplayPage } from '../pages/replays.tsx'
import type { StoreApi, StoreOf } from '../store-api.ts'

/** Each page of a replay is 500 deliveries; a longer one goes on by hand. */
const MOST_PAGES = 20

export function addReplayPages(app: ConsoleApp, { newToken }: PageOptions, store: StoreOf): void {
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
    const asked = { ...requestOf(query), dry_run: true }
    const page = await store(context).post<DryRunPage>('/v1/replays', asked)
    const idempotencyKey = newToken()
    return context.html(<DryRunViewPage {...{ viewer, query, page, idempotencyKey }} />)
  })

  app.post('/replays', async (context) => {
    const form = await context.req.parseBody()
    const note = typeof form.note === 'string' && form.note.trim() ? { note: form.note.trim() } : {}
    const asked = { ...requestOf(selectionOf(form)), ...note }
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

// Of one message also what was left out is looked at: its dry run says whether it would go now.
function requestOf({ confirm_unknown, ...selection }: Record<string, string>): object {
  const states = ['dead', 'unknown', ...(selection.message_id ? ['filtered'] : [])]
  return { ...selection, states, confirm_unknown: confirm_unknown === 'true' }
}

function selectionOf(given: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    ['message_id', 'destination', 'reason', 'confirm_unknown'].flatMap((name) => {
      const value = given[name]
      return typeof value === 'string' && value !== '' ? [[name, value] as const] : []
    }),
  )
}
