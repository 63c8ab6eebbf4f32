// Dead letters, the dry run of a replay, and the replay itself.
import type { DeadLetterGroup, DryRunPage, ReplayStory } from '../api-types.ts'
import type { ConsoleApp, PageOptions } from '../app.tsx'
import { DeadLettersPage } from '../pages/dead-letters.tsx'
import { DryRunViewPage, ReplayPage, type ReplayQuery } from '../pages/replays.tsx'
import type { StoreApi, StoreOf } from '../store-api.ts'
import { instantOf } from '../zoned-time.ts'

/** Each page of a replay is 500 deliveries: so long it goes on before somebody sees how far it has come. */
const SHOWN_AFTER_MS = 1000

export function addReplayPages(
  app: ConsoleApp,
  { newToken, now }: PageOptions,
  store: StoreOf,
): void {
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
    const query = selectionOf(context.req.query(), viewer.look.zone)
    const asked = { ...requestOf(query), dry_run: true }
    const page = await store(context).post<DryRunPage>('/v1/replays', asked)
    const idempotencyKey = newToken()
    return context.html(<DryRunViewPage {...{ viewer, query, page, idempotencyKey }} />)
  })

  app.post('/replays', async (context) => {
    const form = await context.req.parseBody()
    const note = typeof form.note === 'string' && form.note.trim() ? { note: form.note.trim() } : {}
    const { zone } = context.var.viewer.look
    const asked = { ...requestOf(selectionOf(form, zone)), ...note }
    const key = typeof form.idempotency_key === 'string' ? form.idempotency_key : newToken()
    const replay = await store(context).post<ReplayStory>('/v1/replays', asked, {
      'idempotency-key': key,
    })
    await goOn(store(context), replay, now)
    return context.redirect(`/replays/${replay.id}`, 303)
  })

  app.post('/replays/:id/continue', async (context) => {
    const path = `/v1/replays/${encodeURIComponent(context.req.param('id'))}`
    await goOn(store(context), await store(context).get<ReplayStory>(path), now)
    return context.redirect(`/replays/${encodeURIComponent(context.req.param('id'))}`, 303)
  })

  app.get('/replays/:id', async (context) => {
    const { viewer } = context.var
    const path = `/v1/replays/${encodeURIComponent(context.req.param('id'))}`
    const replay = await store(context).get<ReplayStory>(path)
    return context.html(<ReplayPage {...{ viewer, replay }} />)
  })
}

// The page shows how far it has come and, by its form, has it go on.
async function goOn(store: StoreApi, replay: ReplayStory, now: () => number): Promise<void> {
  const until = now() + SHOWN_AFTER_MS
  let current = replay
  while (current.state === 'running' && now() < until)
    current = await store.post<ReplayStory>(`/v1/replays/${current.id}/continue`)
}

// Of one message also what was left out is looked at: its dry run says whether it would go now.
function requestOf({ confirm_unknown, ...selection }: ReplayQuery): object {
  const states = ['dead', 'unknown', ...(selection.message_id ? ['filtered'] : [])]
  return { ...selection, states, confirm_unknown: confirm_unknown === 'true' }
}

const SELECTABLE = [
  'message_id',
  'destination',
  'reason',
  'event',
  'since',
  'until',
  'confirm_unknown',
] as const

// Times come from a form's field, in the viewer's zone, or as they stand in a link.
function selectionOf(given: Readonly<Record<string, unknown>>, zone: string): ReplayQuery {
  return Object.fromEntries(
    SELECTABLE.flatMap((name) => {
      const value = given[name]
      if (typeof value !== 'string' || value.trim() === '') return []
      const isTime = name === 'since' || name === 'until'
      return [[name, (isTime ? instantOf(value, zone) : null) ?? value.trim()] as const]
    }),
  )
}
