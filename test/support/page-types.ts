// tsc fails here when a page of the console reads what the store's answers do not promise (console/api-types.ts).
import type * as Page from '../../console/api-types.ts'
import type { auditPage } from '../../store/http/answers/access.ts'
import type {
  audienceSummary,
  memberPage,
  transitionPage,
} from '../../store/http/answers/audiences.ts'
import type { deadLetters, dryRunPage, replayStory } from '../../store/http/answers/deliveries.ts'
import type { allDestinations } from '../../store/http/answers/destinations.ts'
import type { overview } from '../../store/http/answers/events.ts'
import type { Answered } from '../../store/http/route.ts'

type Reads<Wanted, Given extends Wanted> = [Wanted, Given]
type Item<List extends readonly unknown[]> = List[number]
type Groups = Extract<Answered<typeof deadLetters>, { readonly groups: unknown }>['groups']

export type PagesRead = [
  Reads<Page.AudienceSummary, Answered<typeof audienceSummary>>,
  Reads<Page.AudienceMember, Item<Answered<typeof memberPage>['members']>>,
  Reads<Page.AuditEntry, Item<Answered<typeof auditPage>['entries']>>,
  Reads<Page.DeadLetterGroup, Item<Groups>>,
  Reads<Page.DestinationStory, Item<Answered<typeof allDestinations>['destinations']>>,
  Reads<Page.Overview, Answered<typeof overview>>,
  Reads<Page.ReplayStory, Answered<typeof replayStory>>,
  Reads<Page.DryRunPage['next_cursor'], Answered<typeof dryRunPage>['next_cursor']>,
  Reads<
    Omit<Page.AudienceTransition, 'deliveries'>,
    Omit<Item<Answered<typeof transitionPage>['transitions']>, 'deliveries'>
  >,
]
