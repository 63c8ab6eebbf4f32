// Events as they come in, and the story of one message.
import { streamSSE } from 'hono/streaming'
import type { EventPage, ListedEvent, MessageStory } from '../api-types.ts'
import type { ConsoleApp } from '../app.tsx'
import { readServerSentEvents } from '../event-source.ts'
import { EventRow, EventsPage } from '../pages/events.tsx'
import { MessagePage } from '../pages/message.tsx'
import type { StoreOf } from '../store-api.ts'
import { pathWith } from '../store-api.ts'
import { readDestinationNames } from './destinations.tsx'

export function addEventPages(app: ConsoleApp, store: StoreOf): void {
  app.get('/events', async (context) => {
    const { viewer } = context.var
    const { q, state, destination, outcome, name, cursor } = context.req.query()
    // Empty fields of the form are no filter.
    const query = Object.fromEntries(
      Object.entries({ q, state, destination, outcome, name, cursor }).flatMap(([key, value]) =>
        value?.trim() ? [[key, value.trim()]] : [],
      ),
    )
    const [page, names] = await Promise.all([
      store(context).get<EventPage>(pathWith('/v1/events', query)),
      readDestinationNames(store(context)),
    ])
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
