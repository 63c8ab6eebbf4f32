import { readAccess } from '../../cli/config.ts'
import { environmentOfKey, sameText } from '../../store/access.ts'

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
    expect(environmentOfKey(access, key)).toBe(environment)
  })

  test('sameText() compares texts of any length', () => {
    expect(sameText('a', 'a')).toBe(true)
    expect(sameText('a', 'ab')).toBe(false)
    expect(sameText('', '')).toBe(true)
    expect(sameText('ä', 'a\u0308')).toBe(false)
  })
})
