// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of destination files
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { loadDestinationFiles, loadReturns } from '../../cli/load-mappings.ts'
import { MAPPINGS } from '../../cli/paths.ts'
import { parseDestinationFile, parseReturnsFile } from '../../core/destination-schema.ts'
import { type LoadOptions, loadDestinations } from '../../delivery/load-destinations.ts'
import { passwordFieldsOf } from '../../delivery/own-definitions.ts'
import type { ClaimedDelivery } from '../../store/deliveries.ts'
import { CATALOGUE, NO_RETURNS } from '../support/delivery.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { ACCOUNT } from '../support/signed-batch.ts'

const WEBHOOK = `definition: webhook\nsettings: { url: "\${HOOK_URL}", secret: "\${HOOK_SECRET}" }\n`

function load(
  variables: LoadOptions['variables'],
  over: Partial<LoadOptions> & { readonly text?: string } = {},
) {
  return loadDestinations({
    account: ACCOUNT,
    environments: ['production', 'staging'],
    files: new Map([['hook', parseDestinationFile(over.text ?? WEBHOOK, 'hook.yaml')]]),
    returns: NO_RETURNS,
    catalogue: CATALOGUE,
    variables,
    transport: () => Promise.reject(new Error('nothing is sent here')),
    clock: createManualClock(),
    ...over,
  })
}

const PRODUCTION = {
  HOOK_URL_PRODUCTION: 'https://example.com/p',
  HOOK_SECRET_PRODUCTION: 'p-secret',
}

describe('loadDestinations()', () => {
  test('is on where its variables are set, and off with their names where they are not', () => {
    const { active, off } = load({ ...PRODUCTION, HOOK_URL_STAGING: 'https://example.com/s' })
    expect(active.map(({ name, environment }) => [name, environment])).toEqual([
      ['hook', 'production'],
    ])
    expect(off).toEqual([
      { name: 'hook', environment: 'staging', missing: ['HOOK_SECRET_STAGING'] },
    ])
  })

  test('counts an empty variable as not set', () => {
    expect(load({ ...PRODUCTION, HOOK_SECRET_PRODUCTION: '' }).off).toContainEqual({
      name: 'hook',
      environment: 'production',
      missing: ['HOOK_SECRET_PRODUCTION'],
    })
  })

  test('never takes a variable without an environment, or of another one', () => {
    const { active, off } = load({
      HOOK_URL: 'https://example.com/any',
      HOOK_SECRET: 'any',
      HOOK_URL_PROD: 'https://example.com/prod',
      HOOK_SECRET_PROD: 'prod',
      ...PRODUCTION,
    })
    expect(active.map(({ environment }) => environment)).toEqual(['production'])
    expect(off.map(({ missing }) => missing)).toEqual([['HOOK_URL_STAGING', 'HOOK_SECRET_STAGING']])
  })

  test('gives each environment its own address and secret', async () => {
    const sent: { url: string; headers: Readonly<Record<string, string>> }[] = []
    const { active } = load(
      {
        ...PRODUCTION,
        HOOK_URL_STAGING: 'https://example.com/s',
        HOOK_SECRET_STAGING: 's-secret',
      },
      {
        transport: async (request) => {
          sent.push(request)
          return { status: 200, headers: {}, body: '' }
        },
      },
    )
    const canonical = {
      tracklayer_event: 'purchase',
      consent: null,
      properties: { event_id: 'e' },
    } as ClaimedDelivery['canonical']
    const claimed = {
      id: '1',
      attempt: 1,
      canonical,
      canonicalUserId: null,
      receivedAt: new Date(0),
      consents: [],
    }
    for (const destination of active) await destination.deliver([claimed])
    expect(sent.map(({ url, headers }) => [url, headers['X-TrackLayer-Environment']])).toEqual([
      ['https://example.com/p', 'production'],
      ['https://example.com/s', 'staging'],
    ])
    expect(sent[0]?.headers['X-TrackLayer-Signature']).not.toBe(
      sent[1]?.headers['X-TrackLayer-Signature'],
    )
  })

  test('an environment with a hyphen has variables with an underscore', () => {
    const { active } = load(
      { HOOK_URL_EU_TEST: 'https://example.com', HOOK_SECRET_EU_TEST: 's' },
      { environments: ['eu-test'] },
    )
    expect(active.map(({ environment }) => environment)).toEqual(['eu-test'])
  })

  // Known fault: WEBHOOK_URL of eu-production and WEBHOOK_URL_EU of production are one variable, and nothing says so.
  test('refuses a variable that two environments would share', () => {
    const text = `definition: webhook\nsettings: { url: "\${HOOK}", secret: "\${HOOK_EU}" }\n`
    expect(() =>
      load(
        { HOOK_EU_PRODUCTION: 'https://example.com', HOOK_PRODUCTION: 'https://example.com' },
        { text, environments: ['production', 'eu-production'] },
      ),
    ).toThrow('HOOK_EU_PRODUCTION')
  })

  test.each([
    {
      name: 'no address',
      url: 'example',
      fault: 'Destination "hook": setting "url" is no http(s) address',
    },
    {
      name: 'another scheme',
      url: 'ftp://example.com',
      fault: 'Destination "hook": setting "url" is no http(s) address',
    },
    {
      name: 'a file',
      url: 'file:///etc/passwd',
      fault: 'Destination "hook": setting "url" is no http(s) address',
    },
  ])('refuses $name, naming destination and setting, not the value', ({ url, fault }) => {
    expect(() => load({ ...PRODUCTION, HOOK_URL_PRODUCTION: url })).toThrow(
      expect.objectContaining({ code: 'SETTINGS_INVALID', message: fault }),
    )
  })

  test.each([
    { name: 'only commas', text: WEBHOOK, secret: ' , ' },
    {
      name: 'not there',
      text: `definition: webhook\nsettings: { url: "\${HOOK_URL}" }`,
      secret: 'x',
    },
  ])('refuses a secret that is $name', ({ text, secret }) => {
    expect(() => load({ ...PRODUCTION, HOOK_SECRET_PRODUCTION: secret }, { text })).toThrow(
      'Destination "hook": setting "secret" is empty',
    )
  })

  test('limits and schedule come from the file, or are those documented', () => {
    const file = `${WEBHOOK}limits: { concurrency: 3, timeout_seconds: 0.5 }\nretry: { base_seconds: 1, cap_seconds: 9, max_attempts: 2 }\n`
    const [own] = load(PRODUCTION, { text: file }).active
    expect(own).toMatchObject({
      concurrency: 3,
      timeoutMs: 500,
      schedule: { baseMs: 1000, capMs: 9000, maxAttempts: 2 },
    })
    const [usual] = load(PRODUCTION).active
    expect(usual).toMatchObject({
      concurrency: 16,
      timeoutMs: 10_000,
      schedule: { baseMs: 5000, capMs: 3_600_000, maxAttempts: 16 },
    })
  })
})

describe('faults of a destination file name file, line, place and fix', () => {
  test.each([
    {
      name: 'a definition that is no text',
      text: 'settings: {}\ndefinition: 7\n',
      fault: 'hook.yaml:2 definition: want ',
    },
    { name: 'no definition', text: 'settings: {}\n', fault: 'hook.yaml:1 definition: want ' },
    {
      name: 'an unknown key',
      text: 'definition: webhook\nlimit: { concurrency: 1 }\n',
      fault: 'hook.yaml:2 limit: "limit" is not a key here; remove it or check its spelling',
    },
    {
      name: 'an unknown key inside',
      text: 'definition: webhook\nretry:\n  base_seconds: 1\n  tries: 3\n',
      fault: 'hook.yaml:4 retry.tries: "tries" is not a key here',
    },
    {
      name: 'a setting that is no text',
      text: 'definition: webhook\nsettings:\n  url: 7\n',
      fault: 'hook.yaml:3 settings.url: want text; a secret is the name of a variable',
    },
    {
      name: 'a limit out of range',
      text: 'definition: webhook\nlimits:\n  concurrency: 0\n',
      fault: 'hook.yaml:3 limits.concurrency: ',
    },
    {
      name: 'a retry that is never',
      text: 'definition: webhook\nretry: { max_attempts: 0 }\n',
      fault: 'hook.yaml:2 retry.max_attempts: ',
    },
    { name: 'no YAML', text: 'definition: [webhook\n', fault: 'hook.yaml:' },
    {
      name: 'a key twice',
      text: 'definition: webhook\ndefinition: webhook\n',
      fault: 'hook.yaml:2 ',
    },
    { name: 'nothing', text: '', fault: 'hook.yaml' },
    {
      name: 'a secret by its name',
      text: 'definition: webhook\nsettings:\n  url: https://example.com\n  secret: very-secret\n',
      fault:
        'hook.yaml:4 settings.secret: is a secret and stands in the file; write ${SECRET} and set the variable for each environment',
    },
    {
      name: 'a secret as what stands without its variable',
      text: 'definition: webhook\nsettings: { apiKey: "${KEY:-very-secret}" }\n',
      fault: 'hook.yaml:2 settings.apiKey: is a secret and stands in the file; write ${API_KEY}',
    },
    {
      name: 'a secret beside a placeholder',
      text: 'definition: webhook\nsettings: { secret: "${SECRET},very-secret" }\n',
      fault: 'hook.yaml:2 settings.secret: is a secret',
    },
    {
      name: "a definition's password field",
      text: 'definition: warehouse\nsettings:\n  connection_string: postgres://localhost/very-secret\n',
      fault: 'hook.yaml:3 settings.connection_string: is a secret',
    },
    {
      name: 'a refresh token',
      text: 'definition: x\noauth:\n  client_id: open\n  client_secret: ${S}\n  refresh_token: very-secret\n',
      fault: 'hook.yaml:5 oauth.refresh_token: is a secret',
    },
    {
      name: 'a password in an address',
      text: 'definition: webhook\nsettings: { url: "https://me:very-secret@example.com" }\n',
      fault: 'hook.yaml:2 settings.url: holds the password of an address',
    },
    ...['${secret}', '${Hook}', '${HOOK-URL}', '${1HOOK}', '${}', '${HOOK', '${A:-${B}}'].map(
      (placeholder) => ({
        name: `the placeholder ${placeholder}`,
        text: `definition: webhook\nsettings: { url: "${placeholder}" }\n`,
        fault: 'hook.yaml:2 settings.url: holds a placeholder that is none; want ${NAME}',
      }),
    ),
  ])('$name', ({ text, fault }) => {
    expect(() => parseDestinationFile(text, 'hook.yaml', passwordFieldsOf)).toThrow(
      expect.objectContaining({
        code: 'MAPPING_INVALID',
        message: expect.stringContaining(fault),
      }),
    )
    expect(() => parseDestinationFile(text, 'hook.yaml', passwordFieldsOf)).not.toThrow(
      'very-secret',
    )
  })

  test.each([
    'settings: { secret: "${A}, ${B}", token_url: https://example.com/token, keyId: open }',
    'settings: { secret: "", url: "https://${USER}:${PASSWORD}@example.com" }',
    'settings: { url: "${HOOK_URL:-https://example.com}" }',
  ])('none: %s', (settings) => {
    const text = `definition: webhook\n${settings}\n`
    expect(parseDestinationFile(text, 'hook.yaml').definition).toBe('webhook')
  })

  test('all of them at once', () => {
    expect(() =>
      parseDestinationFile('definition: 7\nlimits:\n  concurrency: 0\nodd: 1\n', 'hook.yaml'),
    ).toThrow(/^hook\.yaml has 3 faults:\n/)
  })
})

describe('faults of the returns name file, line, place and fix', () => {
  test.each([
    {
      name: 'a name that is not canonical',
      text: 'returns:\n  purchase: { event: A }\n  Order Completed: { event: B }\n',
      fault: 'returns.yaml:3 returns.Order Completed: ',
    },
    {
      name: 'no event',
      text: 'returns:\n  purchase: {}\n',
      fault:
        'returns.yaml:2 returns.purchase.event: want the name in Segment, e.g. Purchase Confirmed',
    },
    {
      name: 'an empty event',
      text: 'returns:\n  purchase: { event: "" }\n',
      fault: 'returns.yaml:2 returns.purchase.event: ',
    },
    {
      name: 'an integration that is neither on nor off',
      text: 'returns: {}\nintegrations:\n  Meta: maybe\n',
      fault: 'returns.yaml:3 integrations.Meta: ',
    },
    { name: 'no returns', text: 'integrations: {}\n', fault: 'returns.yaml:1 returns: ' },
    {
      name: 'an unknown key',
      text: 'returns: {}\nreturn: {}\n',
      fault: 'returns.yaml:2 return: "return" is not a key here',
    },
  ])('$name', ({ text, fault }) => {
    expect(() => parseReturnsFile(text, 'returns.yaml')).toThrow(
      expect.objectContaining({ code: 'MAPPING_INVALID', message: expect.stringContaining(fault) }),
    )
  })
})

describe('a folder of mappings', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'tl-mappings-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  test('names its destinations after their files, and their faults after their places', () => {
    mkdirSync(path.join(folder, 'destinations'))
    writeFileSync(path.join(folder, 'destinations', 'b.yaml'), WEBHOOK)
    writeFileSync(path.join(folder, 'destinations', 'a.yaml'), WEBHOOK)
    writeFileSync(path.join(folder, 'destinations', 'notes.md'), 'none')
    expect([...loadDestinationFiles(folder, CATALOGUE).keys()]).toEqual(['a', 'b'])
    writeFileSync(path.join(folder, 'destinations', 'c.yaml'), 'definition: 7')
    expect(() => loadDestinationFiles(folder, CATALOGUE)).toThrow(
      `${path.join(folder, 'destinations', 'c.yaml')}:1 definition`,
    )
  })

  test('the one shipped loads, and is off until its variables are set', () => {
    const { active, off } = load(
      {},
      {
        files: loadDestinationFiles(MAPPINGS, CATALOGUE),
        returns: loadReturns(MAPPINGS),
        environments: ['production'],
      },
    )
    expect(active).toEqual([])
    expect(off).toEqual(
      expect.arrayContaining([
        {
          name: 'segment',
          environment: 'production',
          missing: ['SEGMENT_RETURN_URL_PRODUCTION', 'SEGMENT_RETURN_SECRET_PRODUCTION'],
        },
        {
          name: 'webhook',
          environment: 'production',
          missing: ['WEBHOOK_URL_PRODUCTION', 'WEBHOOK_SECRET_PRODUCTION'],
        },
      ]),
    )
  })
})
