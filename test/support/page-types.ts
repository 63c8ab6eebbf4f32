// tsc fails here when a page of the console reads what the store's answers do not promise (console/api-types.ts).
import type * as Page from '../../console/api-types.ts'
import type {
  apiKeyList,
  auditPage,
  secretList,
  sessionList,
} from '../../store/http/answers/access.ts'
import type {
  audienceAudit,
  audienceOutcomes,
  audienceSizes,
  audienceSummary,
  memberPage,
  transitionPage,
} from '../../store/http/answers/audiences.ts'
import type { consentSummary, heldPage, revocationPage } from '../../store/http/answers/consents.ts'
import type { deadLetters, dryRunPage, replayStory } from '../../store/http/answers/deliveries.ts'
import type {
  allDestinations,
  destinationDetail,
  testedDestination,
} from '../../store/http/answers/destinations.ts'
import type { overview } from '../../store/http/answers/events.ts'
import type {
  destinationMappings,
  mappingDifference,
  mappingTable,
  mappingVersions,
  unmappedNames,
} from '../../store/http/answers/mappings.ts'
import type { violationList } from '../../store/http/answers/plan.ts'
import type { profileStory, separationPreview } from '../../store/http/answers/profiles.ts'
import type { retention } from '../../store/http/answers/retention.ts'
import type { Answered } from '../../store/http/route.ts'

type Reads<Wanted, Given extends Wanted> = [Wanted, Given]
type Item<List extends readonly unknown[]> = List[number]
type Groups = Extract<Answered<typeof deadLetters>, { readonly groups: unknown }>['groups']

export type PagesRead = [
  Reads<Page.SizesPage, Answered<typeof audienceSizes>>,
  Reads<Page.AudienceOutcomes, Answered<typeof audienceOutcomes>>,
  Reads<Page.DestinationAudit, Item<Answered<typeof audienceAudit>['destinations']>>,
  Reads<Omit<Page.ProfileStory, 'traits'>, Omit<Answered<typeof profileStory>, 'traits'>>,
  Reads<Page.SeparationPreview, Answered<typeof separationPreview>>,
  Reads<Page.AudienceSummary, Answered<typeof audienceSummary>>,
  Reads<
    Omit<Page.AudienceMember, 'record'>,
    Omit<Item<Answered<typeof memberPage>['members']>, 'record'>
  >,
  Reads<Page.AuditEntry, Item<Answered<typeof auditPage>['entries']>>,
  Reads<Page.DeadLetterGroup, Item<Groups>>,
  Reads<Page.ListedSession, Item<Answered<typeof sessionList>['sessions']>>,
  Reads<Page.SecretList, Answered<typeof secretList>>,
  Reads<Page.ApiKeyList, Answered<typeof apiKeyList>>,
  Reads<Page.KeptThing, Item<Answered<typeof retention>['kept']>>,
  Reads<Page.ConsentStory, Answered<typeof consentSummary>>,
  Reads<Page.HeldPage, Answered<typeof heldPage>>,
  Reads<Page.RevocationPage, Answered<typeof revocationPage>>,
  Reads<Page.MappingTableStory, Answered<typeof mappingTable>>,
  Reads<Page.MappingVersion, Item<Answered<typeof mappingVersions>['versions']>>,
  Reads<
    Omit<Page.MappingDifferenceStory, 'changed'>,
    Omit<Answered<typeof mappingDifference>, 'changed'>
  >,
  Reads<Omit<Page.UnmappedName, 'row'>, Omit<Item<Answered<typeof unmappedNames>['names']>, 'row'>>,
  Reads<Page.Violation, Item<Answered<typeof violationList>['violations']>>,
  Reads<
    Omit<Page.DestinationMapping, 'mapping' | 'subscriptions'>,
    Omit<Item<Answered<typeof destinationMappings>['destinations']>, 'mapping' | 'subscriptions'>
  >,
  Reads<Page.DestinationDetail, Answered<typeof destinationDetail>>,
  Reads<Omit<Page.TestAnswer, 'exchanges'>, Omit<Answered<typeof testedDestination>, 'exchanges'>>,
  Reads<Page.DestinationStory, Item<Answered<typeof allDestinations>['destinations']>>,
  Reads<Page.Overview, Answered<typeof overview>>,
  Reads<Page.ReplayStory, Answered<typeof replayStory>>,
  Reads<Page.DryRunPage['next_cursor'], Answered<typeof dryRunPage>['next_cursor']>,
  Reads<
    Omit<Page.AudienceTransition, 'deliveries'>,
    Omit<Item<Answered<typeof transitionPage>['transitions']>, 'deliveries'>
  >,
]
