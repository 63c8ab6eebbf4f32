import { readAccess, readAuditLogDays } from '../../cli/config.ts'
import { createLiveAccess } from '../../cli/live-access.ts'
import { environmentOfKey, principalOfKey, sameText } from '../../store/access.ts'

const P = 'production-secret-0001'
const S = 'staging-secret-000001'
const complete = {
  TRACKLAYER_ACCOUNT: 'acct_live_123',
  TRACKLAYER_SECRET_PRODUCTION: P,
  TRACKLAYER_API_KEY_PRODUCTION: 'production-key',
}

describe('readAccess()', () => {
  test('reads the account and an environment for each secret variable', () => {
    expect(
      readAccess({
        ...complete,
        TRACKLAYER_SECRET_EU_STAGING: S,
        TRACKLAYER_SECRET: 'not of any environment',
        UNRELATED: 'x',
      }),
    ).toEqual({
      account: 'acct_live_123',
      environments: [
        { name: 'production', secrets: [P], apiKeys: ['production-key'] },
        { name: 'eu-staging', secrets: [S], apiKeys: [] },
      ],
    })
  })

  test('splits lists at commas, newest first, and drops blanks', () => {
    const { environments } = readAccess({
      ...complete,
      TRACKLAYER_ACCOUNT: ' acct ',
      TRACKLAYER_SECRET_PRODUCTION: ` ${S} , ${P},,`,
      TRACKLAYER_API_KEY_PRODUCTION: 'new-key, old-key',
    })
    expect(environments).toEqual([
      { name: 'production', secrets: [S, P], apiKeys: ['new-key', 'old-key'] },
    ])
  })

  test.each([
    {
      name: 'no account',
      variables: { TRACKLAYER_ACCOUNT: undefined },
      fault: 'TRACKLAYER_ACCOUNT is not set',
    },
    {
      name: 'a blank account',
      variables: { TRACKLAYER_ACCOUNT: ' ' },
      fault: 'TRACKLAYER_ACCOUNT is not set',
    },
    {
      name: 'an account with a dot, which the signed content uses between its parts',
      variables: { TRACKLAYER_ACCOUNT: 'acct.live' },
      fault: 'TRACKLAYER_ACCOUNT is "acct.live"; use letters, digits, - and _ only',
    },
    {
      name: 'no secret at all',
      variables: { TRACKLAYER_SECRET_PRODUCTION: undefined },
      fault: 'No TRACKLAYER_SECRET_<ENVIRONMENT> is set',
    },
    {
      name: 'an empty secret',
      variables: { TRACKLAYER_SECRET_PRODUCTION: ' , ' },
      fault: 'TRACKLAYER_SECRET_PRODUCTION is empty; make one with: openssl rand -hex 32',
    },
    {
      name: 'a short secret, among others',
      variables: { TRACKLAYER_SECRET_PRODUCTION: `${P},fifteen-letters` },
      fault: 'TRACKLAYER_SECRET_PRODUCTION has a secret of fewer than 16 characters',
    },
    {
      name: 'one secret in two environments',
      variables: { TRACKLAYER_SECRET_STAGING: `${S},${P}` },
      fault: 'Environments production and staging share a secret or API key; give each its own',
    },
    {
      name: 'one API key in two environments',
      variables: { TRACKLAYER_SECRET_STAGING: S, TRACKLAYER_API_KEY_STAGING: 'production-key' },
      fault: 'Environments production and staging share a secret or API key',
    },
    {
      name: 'a secret of one that is the API key of another',
      variables: { TRACKLAYER_SECRET_STAGING: S, TRACKLAYER_API_KEY_PRODUCTION: S },
      fault: 'Environments production and staging share a secret or API key',
    },
    {
      name: 'one secret twice',
      variables: { TRACKLAYER_SECRET_PRODUCTION: `${P},${P}` },
      fault: 'Environment production has one secret or API key twice; remove the repetition',
    },
    {
      name: 'an API key of an environment without a secret',
      variables: { TRACKLAYER_API_KEY_STAGING: 'staging-key' },
      fault:
        'TRACKLAYER_API_KEY_STAGING is set and TRACKLAYER_SECRET_STAGING is not: set it too, or correct the name',
    },
  ])('refuses $name, naming the way out', ({ variables, fault }) => {
    const merged: Record<string, string | undefined> = { ...complete, ...variables }
    const given = Object.fromEntries(
      Object.entries(merged).filter(([, value]) => value !== undefined),
    )
    expect(() => readAccess(given)).toThrow(
      expect.objectContaining({
        code: 'SETTINGS_INVALID',
        message: expect.stringContaining(fault),
      }),
    )
  })

  test('no fault repeats a secret', () => {
    for (const variables of [
      { TRACKLAYER_SECRET_STAGING: P },
      { TRACKLAYER_SECRET_PRODUCTION: `${P},short` },
      { TRACKLAYER_SECRET_PRODUCTION: `${P},${P}` },
    ]) {
      expect(() => readAccess({ ...complete, ...variables })).toThrow(
        expect.objectContaining({ message: expect.not.stringMatching(`${P}|short,`) }),
      )
    }
  })
})

describe('who may do what', () => {
  const base = { TRACKLAYER_ACCOUNT: 'acct', TRACKLAYER_SECRET_PRODUCTION: P }
  const proxied = {
    ...base,
    TRACKLAYER_IDENTITY_HEADER: 'X-Auth-Request-Email',
    TRACKLAYER_PROXY_SECRET: 'proxy-secret-000001',
    TRACKLAYER_PEOPLE_PRODUCTION: 'Ada@Shop.example=admin, *@shop.example=viewer',
  }

  test('a role stands before a key; a key alone is an admin’s', () => {
    const keys = 'viewer:read-key,operator:act-key,admin:own-key,plain-key'
    const access = readAccess({ ...base, TRACKLAYER_API_KEY_PRODUCTION: keys })
    const roleOf = (key: string) => principalOfKey(access, key, 0)?.role
    expect(['read-key', 'act-key', 'own-key', 'plain-key'].map(roleOf)).toEqual([
      'viewer',
      'operator',
      'admin',
      'admin',
    ])
    expect(roleOf('viewer:read-key')).toBeUndefined()
  })

  test('people and the proxy that names them', () => {
    expect(readAccess(proxied)).toMatchObject({
      proxy: { identityHeader: 'x-auth-request-email', secret: 'proxy-secret-000001' },
      environments: [
        {
          people: [
            { pattern: 'ada@shop.example', role: 'admin' },
            { pattern: '*@shop.example', role: 'viewer' },
          ],
        },
      ],
    })
  })

  test.each([
    {
      name: 'no secret of the proxy',
      over: { TRACKLAYER_PROXY_SECRET: '' },
      want: /set all three or none/,
    },
    { name: 'a short secret', over: { TRACKLAYER_PROXY_SECRET: 'short' }, want: /16 characters/ },
    { name: 'no header', over: { TRACKLAYER_IDENTITY_HEADER: '' }, want: /set all three or none/ },
    {
      name: 'nobody let in',
      over: { TRACKLAYER_PEOPLE_PRODUCTION: '' },
      want: /set all three or none/,
    },
    {
      name: 'an unknown role',
      over: { TRACKLAYER_PEOPLE_PRODUCTION: 'a@b=owner' },
      want: /a@b=owner/,
    },
    {
      name: 'a role without a key',
      over: { TRACKLAYER_API_KEY_PRODUCTION: 'viewer:' },
      want: /"viewer" without a key/,
    },
  ])('refuses $name and says what to write', ({ over, want }) => {
    expect(() => readAccess({ ...proxied, ...over })).toThrow(want)
  })
})

test('a store that reads its secrets again while it runs keeps the proxy that signs people in', () => {
  const access = createLiveAccess({
    account: 'acct',
    environments: [],
    proxy: { identityHeader: 'x-auth-request-email', secret: 'proxy-secret-000001' },
  })
  expect(access.proxy?.identityHeader).toBe('x-auth-request-email')
})

describe('readAuditLogDays()', () => {
  test.each([
    [undefined, 400],
    ['', 400],
    ['30', 30],
    ['3650', 3650],
  ])('"%s" is %d', (text, days) => {
    expect(readAuditLogDays({ TRACKLAYER_AUDIT_LOG_DAYS: text })).toBe(days)
  })

  test.each(['29', 'forever', '30.5', '-400'])('"%s" is refused with what to set', (text) => {
    expect(() => readAuditLogDays({ TRACKLAYER_AUDIT_LOG_DAYS: text })).toThrow(/days from 30/)
  })
})

describe('environmentOfKey()', () => {
  const access = readAccess({
    ...complete,
    TRACKLAYER_API_KEY_PRODUCTION: 'new-key,old-key',
    TRACKLAYER_SECRET_STAGING: S,
    TRACKLAYER_API_KEY_STAGING: 'staging-key',
  })

  test.each([
    ['new-key', 'production'],
    ['old-key', 'production'],
    ['staging-key', 'staging'],
    ['', null],
    ['new-key ', null],
    ['NEW-KEY', null],
    [P, null],
    ['new-key,old-key', null],
  ])('"%s" opens %s', (key, environment) => {
    expect(environmentOfKey(access, key, 0)).toBe(environment)
  })

  test('sameText() compares texts of any length', () => {
    expect(sameText('a', 'a')).toBe(true)
    expect(sameText('a', 'ab')).toBe(false)
    expect(sameText('', '')).toBe(true)
    expect(sameText('ä', 'a\u0308')).toBe(false)
  })
})
