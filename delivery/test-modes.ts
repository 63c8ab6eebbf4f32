// How an event may be tried at a platform without being counted, or seen apart from the others. A destination that is not
// named here has no such mode: an event sent there is an event.

import type { DestinationFile } from '../core/destination-schema.ts'
import { TrackLayerError } from '../core/errors.ts'
import { isJsonObject } from '../core/json.ts'

interface TestMode {
  /** In words, what the mode does. */
  readonly says: string
  /** True when what is sent in this mode counts all the same. */
  readonly counts: boolean
  /** True when the platform gives out a code for it. */
  readonly needsCode: boolean
  /** What the settings become. */
  readonly settings: (
    settings: DestinationFile['settings'],
    code: string,
  ) => DestinationFile['settings']
  /** What the platform finds wrong, read from a body that says 2xx whatever it thinks. */
  readonly faultsIn?: (body: unknown) => readonly string[]
}

const MODES: Readonly<Record<string, TestMode>> = {
  'meta-conversions': {
    says: 'Meta shows it under Test events. It counts all the same: take a pixel that is for tests.',
    counts: true,
    needsCode: true,
    settings: (settings, testEventCode) => ({ ...settings, testEventCode }),
  },
  'tiktok-events': {
    says: 'TikTok shows it under Test events and keeps it out of reports.',
    counts: false,
    needsCode: true,
    settings: (settings, testEventCode) => ({ ...settings, testEventCode }),
  },
  'google-data-manager': {
    says: 'Google checks the request and counts nothing (validateOnly).',
    counts: false,
    needsCode: false,
    settings: (settings) => ({ ...settings, validate_only: 'true' }),
  },
  'google-analytics-4': {
    says: 'The validation server looks at the event, and not at the secret; nothing is counted.',
    counts: false,
    needsCode: false,
    settings: (settings) => ({
      ...settings,
      base_url: `${settings.base_url ?? 'https://www.google-analytics.com'}/debug`,
    }),
    faultsIn: (body) => {
      const messages = isJsonObject(body) ? body.validationMessages : null
      return (Array.isArray(messages) ? messages : []).map((message) =>
        isJsonObject(message)
          ? [message.fieldPath, message.description].filter(Boolean).join(': ')
          : String(message),
      )
    },
  },
}

/** The definition's test mode; null when whatever is sent counts. */
export function testModeOf(
  definition: string,
): Pick<TestMode, 'says' | 'needsCode' | 'counts'> | null {
  return Object.hasOwn(MODES, definition) ? (MODES[definition] ?? null) : null
}

export interface TestRun {
  readonly file: DestinationFile
  readonly counts: boolean
  readonly says: string
  readonly faultsIn: (body: unknown) => readonly string[]
}

/** The file as a test event is sent with it. @throws TrackLayerError SETTINGS_INVALID that says what is needed */
export function testRunOf(
  name: string,
  file: DestinationFile,
  { testCode, sendReal }: { readonly testCode?: string | undefined; readonly sendReal: boolean },
): TestRun {
  if (sendReal) return { file, counts: true, says: 'A real event: it counts.', faultsIn: () => [] }
  const mode = Object.hasOwn(MODES, file.definition) ? MODES[file.definition] : undefined
  if (!mode) {
    throw new TrackLayerError(
      'SETTINGS_INVALID',
      `${name} (${file.definition}) has no test mode: what is sent there counts. Say --send-real if that is meant`,
    )
  }
  if (mode.needsCode && !testCode) {
    throw new TrackLayerError(
      'SETTINGS_INVALID',
      `${name} needs the code that its platform shows under Test events: --test-code TEST12345`,
    )
  }
  const settings = mode.settings(file.settings, testCode ?? '')
  const { says, counts, faultsIn = () => [] } = mode
  return { file: { ...file, settings }, counts, says, faultsIn }
}
