// Sources, their labels, and the catalogue they are made from.
import type { JsonObject } from '../../core/json.ts'
import {
  ApiFault,
  type ApiRoute,
  booleanField,
  data,
  listField,
  objectField,
  page,
  SUCCESS,
  textField,
} from './api-answers.ts'
import { type ConnectionBook, changeCommon, type TwinSource } from './connection-book.ts'

export function sourceRoutes(book: ConnectionBook) {
  const {
    sources,
    destinations,
    newId,
    take,
    sourceMetadata,
    assertComplete,
    shownSource,
    shownDestination,
  } = book
  const labels: JsonObject[] = []

  function createSource(body: JsonObject): TwinSource {
    const metadataId = textField(body, 'metadataId')
    sourceMetadata(metadataId)
    const slug = textField(body, 'slug')
    // That a slug is unique is sure; the status and the words are UNVERIFIED.
    if ([...sources.values()].some((each) => each.slug === slug)) {
      throw new ApiFault(409, 'conflict', `Source with slug ${slug} already exists.`, 'slug')
    }
    const settings = body.settings === undefined ? {} : objectField(body, 'settings')
    assertComplete(metadataId, settings)
    const source: TwinSource = {
      id: newId(),
      slug,
      name: slug,
      enabled: booleanField(body, 'enabled', true),
      settings,
      labels: [],
      metadataId,
      writeKeys: [newId(32)],
    }
    sources.set(source.id, source)
    return source
  }

  const routes: readonly ApiRoute[] = [
    {
      method: 'POST',
      path: /^\/sources$/,
      version: 'v1',
      handle: ({ body }) => data({ source: shownSource(createSource(body)) }, 201),
    },
    {
      method: 'GET',
      path: /^\/sources$/,
      version: 'v1',
      handle: ({ query }) => page('sources', [...sources.values()].map(shownSource), query),
    },
    {
      method: 'GET',
      path: /^\/sources\/([^/]+)$/,
      version: 'v1',
      handle: (_, [id]) => data({ source: shownSource(take(sources, 'Source', id)) }),
    },
    {
      method: 'PATCH',
      path: /^\/sources\/([^/]+)$/,
      version: 'v1',
      handle({ body }, [id]) {
        const source = take(sources, 'Source', id)
        changeCommon(source, body)
        if (typeof body.slug === 'string') source.slug = body.slug
        return data({ source: shownSource(source) })
      },
    },
    {
      method: 'DELETE',
      path: /^\/sources\/([^/]+)$/,
      version: 'v1',
      handle(_, [id]) {
        sources.delete(take(sources, 'Source', id).id)
        return data(SUCCESS)
      },
    },
    {
      method: 'GET',
      path: /^\/sources\/([^/]+)\/connected-destinations$/,
      version: 'v1',
      handle({ query }, [id]) {
        const { id: sourceId } = take(sources, 'Source', id)
        const own = [...destinations.values()].filter((each) => each.sourceId === sourceId)
        return page('destinations', own.map(shownDestination), query)
      },
    },
    ...(['POST', 'PUT'] as const).map(
      (method): ApiRoute => ({
        method,
        path: /^\/sources\/([^/]+)\/labels$/,
        version: 'v1',
        handle({ body }, [id]) {
          const source = take(sources, 'Source', id)
          const given = listField(body, 'labels')
          source.labels = method === 'PUT' ? given : [...source.labels, ...given]
          return data({ labels: source.labels })
        },
      }),
    ),
    { method: 'GET', path: /^\/labels$/, version: 'v1', handle: () => data({ labels }) },
    {
      method: 'POST',
      path: /^\/labels$/,
      version: 'v1',
      handle({ body }) {
        const given = objectField(body, 'label')
        const label = { key: textField(given, 'key'), value: textField(given, 'value') }
        labels.push(label)
        return data({ label })
      },
    },
    {
      method: 'GET',
      path: /^\/catalog\/sources\/([^/]+)$/,
      version: 'v1',
      handle: (_, [id = '']) => data({ sourceMetadata: sourceMetadata(id) }),
    },
  ]
  return { routes, createSource }
}
