// Definitions whose platform matches events to people, and by whose weights the estimate is made.
import type { Platform } from '../core/identity-fields/field.ts'

export const MATCH_PLATFORMS: Readonly<Record<string, Platform | undefined>> = {
  'meta-conversions': 'meta',
  'google-data-manager': 'google',
  'tiktok-events': 'tiktok',
  'google-analytics-4': 'ga4',
  klaviyo: 'klaviyo',
}
