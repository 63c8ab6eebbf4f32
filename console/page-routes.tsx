// Which page answers where: each asks the store for what it shows and renders it.
import type { ConsoleApp, PageOptions } from './app.tsx'
import { addAudiencePages } from './routes/audiences.tsx'
import { addConsentPages } from './routes/consent.tsx'
import { addDestinationPages } from './routes/destinations.tsx'
import { addEventPages } from './routes/events.tsx'
import { addMappingPages } from './routes/mappings.tsx'
import { addOverviewPages } from './routes/overview.tsx'
import { addProfilePages } from './routes/profiles.tsx'
import { addReplayPages } from './routes/replays.tsx'
import { addSettingsPages } from './routes/settings.tsx'
import { type StoreOf, storeApiOf } from './store-api.ts'

export function addPages(app: ConsoleApp, options: PageOptions): void {
  const store: StoreOf = (context) => storeApiOf(context, options.askStore)
  addOverviewPages(app, store)
  addEventPages(app, store)
  addDestinationPages(app, store)
  addReplayPages(app, options, store)
  addAudiencePages(app, store)
  addProfilePages(app, store)
  addMappingPages(app, store)
  addConsentPages(app, store)
  addSettingsPages(app, store)
}
