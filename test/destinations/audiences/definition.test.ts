import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { parseDestinationFile } from '../../../core/destination-schema.ts'
import { compileTrigger } from '../../../core/mapping-kit/compile-trigger.ts'
import { audienceEntered, audienceExited, purchase } from '../../../destinations/example-events.ts'
import { faultsOf } from '../validate-definition.ts'
import { mappingOf, PLATFORMS, platformCases } from './platforms.ts'

describe.each(platformCases)('%s', (_, { name, folder, definition, maxMembers }) => {
  const path = `mappings/destinations/${folder}.yaml`
  const text = readFileSync(path, 'utf8')
  const { fields } = definition.actions.syncAudience

  test('the definition passes the rules of actions-cli validate', () => {
    expect(faultsOf(definition)).toEqual([])
  })

  test('it creates and finds audiences, and syncs changes, not whole audiences', () => {
    expect(definition.audienceConfig).toMatchObject({
      mode: { type: 'synced', full_audience_sync: false },
      createAudience: expect.any(Function),
      getAudience: expect.any(Function),
    })
  })

  test('batches go by audience, and by consent where the platform asks for it', () => {
    const consent = name === 'google' ? ['ad_user_data', 'ad_personalization'] : []
    expect(fields.batch_keys.default).toEqual(['external_audience_id', ...consent])
    expect(fields.batch_size).toMatchObject({ default: maxMembers, maximum: maxMembers })
  })

  test('the YAML file is sound, and sends what the preset sends', () => {
    const file = parseDestinationFile(text, path)
    expect(file.definition).toBe(folder)
    expect(file.limits.batch_size).toBe(maxMembers)
    const { enable_batching, batch_size, batch_keys, ...sent } = mappingOf(
      PLATFORMS.find((platform) => platform.name === name) as (typeof PLATFORMS)[number],
    )
    const [subscription] = parse(text).subscriptions
    expect({ ...parse(text).mapping, ...subscription.mapping }).toEqual(sent)
    expect(subscription).toMatchObject({ action: 'syncAudience' })
  })

  test('its trigger takes entries and exits, and nothing else', () => {
    const [subscription] = parse(text).subscriptions
    const matches = compileTrigger(subscription.trigger)
    expect(
      [audienceEntered, audienceExited, purchase].map((event) => matches(event as never)),
    ).toEqual([true, true, false])
  })
})

test('the webhook for memberships takes entries and exits, and nothing else', () => {
  const path = 'mappings/destinations/audience-webhook.yaml'
  const file = parseDestinationFile(readFileSync(path, 'utf8'), path)
  expect(file.definition).toBe('webhook')
  const matches = compileTrigger(file.subscriptions[0]?.trigger as string)
  const events = [audienceEntered, audienceExited, purchase]
  expect(events.map((event) => matches(event as never))).toEqual([true, true, false])
})
