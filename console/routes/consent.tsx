// Consent: what is asked, decided, held and taken back; and what people do about deliveries that wait.
import type { Context } from 'hono'
import type { ConsentStory, HeldPage, RevocationPage } from '../api-types.ts'
import type { ConsoleApp } from '../app.tsx'
import { ConsentPage } from '../pages/consent/page.tsx'
import type { StoreOf } from '../store-api.ts'
import { pathWith } from '../store-api.ts'

export function addConsentPages(app: ConsoleApp, store: StoreOf): void {
  app.get('/consent', async (context) => {
    const { viewer } = context.var
    const query = context.req.query()
    const { window, destination, reason, cursor, before } = query
    const [story, held, revocations] = await Promise.all([
      store(context).get<ConsentStory>(pathWith('/v1/consents', { window })),
      store(context).get<HeldPage>(
        pathWith('/v1/consents/held', { destination, reason, cursor, limit: 25 }),
      ),
      store(context).get<RevocationPage>(
        pathWith('/v1/consents/revocations', { cursor: before, limit: 10 }),
      ),
    ])
    return context.html(<ConsentPage {...{ viewer, query, story, held, revocations }} />)
  })

  for (const act of ['release', 'withdraw'] as const) {
    app.post(`/consent/held/${act}`, async (context) => {
      const { destination, reason, note } = await fieldsOf(context)
      await store(context).post(`/v1/deliveries/${act}`, { destination, reason, note })
      return context.redirect('/consent#held-events', 303)
    })
  }

  for (const act of ['release', 'withdraw', 'settle'] as const) {
    app.post(`/deliveries/:id/${act}`, async (context) => {
      const { message_id, note } = await fieldsOf(context)
      const id = encodeURIComponent(context.req.param('id') ?? '')
      const changed = await store(context).post<{ destination: string; message_id: string }>(
        `/v1/deliveries/${id}/${act}`,
        { note },
      )
      // Back to where the button was: a duplicate tells the story of another message's event.
      const story = encodeURIComponent(message_id ?? changed.message_id)
      return context.redirect(
        `/messages/${story}#to-${encodeURIComponent(changed.destination)}`,
        303,
      )
    })
  }
}

type Field = 'destination' | 'reason' | 'note' | 'message_id'

/** What the form says; an empty field says nothing. */
async function fieldsOf(context: Context): Promise<Partial<Record<Field, string>>> {
  const form = await context.req.parseBody()
  return Object.fromEntries(
    Object.entries(form).filter(([, value]) => typeof value === 'string' && value.trim() !== ''),
  )
}
