// generated-types.ts of every audience destination is what actions-cli would write. WRITE_TYPES=1 writes them.
import { readFileSync, writeFileSync } from 'node:fs'
import type { AudienceDestinationDefinition } from '@segment/actions-core'
import google from '../../../destinations/google-audiences/index.ts'
import klaviyo from '../../../destinations/klaviyo-lists/index.ts'
import meta from '../../../destinations/meta-audiences/index.ts'
import tiktok from '../../../destinations/tiktok-audiences/index.ts'
import { renderTypes, settingsOf } from '../validate-definition.ts'

const definitions = {
  'meta-audiences': meta,
  'google-audiences': google,
  'tiktok-audiences': tiktok,
  'klaviyo-lists': klaviyo,
} as Record<string, AudienceDestinationDefinition>

const files = Object.entries(definitions).flatMap(([folder, definition]) => {
  const settings = renderTypes('Settings', settingsOf(definition))
  const audience = renderTypes('AudienceSettings', definition.audienceFields as never)
  const hasOwn = Object.keys(definition.audienceFields).length > 0
  return [
    [`${folder}/generated-types.ts`, hasOwn ? settings + audience.replace(/^.*\n/, '') : settings],
    [
      `${folder}/sync-audience/generated-types.ts`,
      renderTypes('Payload', definition.actions.syncAudience?.fields as never),
    ],
  ] as const
})

test.each(files)('%s is what the fields say', (name, wanted) => {
  const file = `destinations/${name}`
  if (process.env.WRITE_TYPES) writeFileSync(file, wanted)
  expect(readFileSync(file, 'utf8')).toBe(wanted)
})
