// The destinations of this process as the store tells of them, and one event to try each with.
import type { DestinationFile } from '../core/destination-schema.ts'
import { TrackLayerError } from '../core/errors.ts'
import type { MappingTable } from '../core/mapping-table.ts'
import type { DestinationSetup, DestinationSetups, TestRequest } from '../store/delivery-side.ts'
import type { LoadedDestinations, LoadOptions } from './load-destinations.ts'
import { MATCH_PLATFORMS } from './match-platforms.ts'
import { testEvent } from './test-event.ts'
import { testModeOf, testRunOf } from './test-modes.ts'
import { faultsOf, tryDestination } from './try-destination.ts'

export interface SetupsOptions extends LoadOptions {
  readonly loaded: LoadedDestinations
  readonly table: MappingTable
  /** A UUID for each test event. */
  readonly newId: () => string
}

export function createDestinationSetups(options: SetupsOptions): DestinationSetups {
  const { loaded, files } = options
  const isOf = (environment: string, name: string) => (each: Place) =>
    each.environment === environment && each.name === name
  return {
    describe(environment, name) {
      const file = files.get(name)
      if (!file || !loaded.active.some(isOf(environment, name))) return null
      const fault = loaded.broken.find(isOf(environment, name))?.reason ?? null
      return setupOf(file, fault)
    },
    off: (environment) =>
      loaded.off
        .filter((each) => each.environment === environment)
        .map(({ name, missing }) => ({ name, missing: [...new Set(missing)] })),
    async test(environment, name, request) {
      const file = files.get(name)
      if (!file) throw invalid(`No destination "${name}"`)
      assertMeant(name, file, request)
      const { testCode, sendReal } = request
      const run = testRunOf(name, file, { testCode: testCode ?? undefined, sendReal })
      const { table, clock, newId } = options
      const canonical = testEvent({ event: request.event, file, table, clock, id: newId() })
      const tried = await tryDestination({
        ...options,
        name,
        environment,
        file: run.file,
        canonical,
      })
      if ('missing' in tried)
        throw invalid(`${name} is off in ${environment}: set ${tried.missing.join(', ')}`)
      const { result, exchanges } = tried
      return {
        outcome: result.kind,
        reason: 'reason' in result ? result.reason : null,
        counts: run.counts,
        says: run.says,
        exchanges,
        faults: faultsOf(run, tried),
      }
    },
  }
}

interface Place {
  readonly name: string
  readonly environment: string
}

function setupOf(file: DestinationFile, fault: string | null): DestinationSetup {
  const { definition, limits, consent } = file
  const mode = testModeOf(definition)
  return {
    definition,
    receives: file.receives,
    rate_per_second: limits.rate_per_second ?? null,
    concurrency: limits.concurrency,
    batch_size: limits.batch_size,
    max_age_ms: file.max_age ?? null,
    consent: consent ? { categories: consent.categories, unknown: consent.unknown } : null,
    platform: MATCH_PLATFORMS[definition] ?? null,
    test_mode: mode && { says: mode.says, needs_code: mode.needsCode, counts: mode.counts },
    fault,
  }
}

// In the words of the HTTP API; the command line has words of its own (testRunOf).
function assertMeant(name: string, { definition }: DestinationFile, request: TestRequest): void {
  if (request.sendReal) return
  const mode = testModeOf(definition)
  if (!mode)
    throw invalid(
      `${name} (${definition}) has no test mode: what is sent there counts. Give send_real: true if that is meant`,
    )
  if (mode.needsCode && !request.testCode)
    throw invalid(
      `${name} needs the code that its platform shows under Test events: give it as test_code`,
    )
}

function invalid(message: string): TrackLayerError {
  return new TrackLayerError('SETTINGS_INVALID', message)
}
