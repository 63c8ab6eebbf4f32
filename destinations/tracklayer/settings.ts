// What is asked of whoever connects TrackLayer, and the test of it.

import type { CustomAuthentication, RequestClient } from '@segment/actions-core'
import { InvalidAuthenticationError } from '@segment/actions-core'
import { now } from './clock.ts'
import core from './core.ts'
import { translated } from './failures.ts'
import type { Settings } from './generated-types.ts'
import { postWith } from './post.ts'

export const authentication: CustomAuthentication<Settings> = {
  scheme: 'custom',
  fields: {
    storeUrl: {
      label: 'Store URL',
      description: 'HTTPS address of your TrackLayer store, e.g. https://tracklayer.example.com.',
      type: 'string',
      required: true,
    },
    account: {
      label: 'Account',
      description: 'Your TrackLayer account, e.g. acct_live_123.',
      type: 'string',
      required: true,
    },
    environment: {
      label: 'Environment',
      description: 'Which environment of the store receives the messages, e.g. production.',
      type: 'string',
      required: true,
    },
    secret: {
      label: 'Signing secret',
      description: 'A secret that is live for this account and environment in the store.',
      type: 'password',
      required: true,
    },
    allowlist: {
      label: 'Event allowlist',
      description:
        'Names of the track events that may leave Segment, separated by commas. Leave it empty to send every one.',
      type: 'string',
    },
  },
  testAuthentication: (request, { settings }) => test(request, settings),
}

async function test(request: RequestClient, settings: Settings): Promise<void> {
  try {
    await core.ping(core.connect(settings, postWith(request), now))
  } catch (error) {
    if (core.codeOf(error) === 'AUTH_REJECTED')
      throw new InvalidAuthenticationError((error as Error).message)
    await translated(() => Promise.reject(error))
  }
}
