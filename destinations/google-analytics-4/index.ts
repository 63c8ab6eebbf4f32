// Google Analytics 4 through the Measurement Protocol, web streams.
import {
  type DestinationDefinition,
  defaultValues,
  IntegrationError,
  InvalidAuthenticationError,
  type Preset,
} from '@segment/actions-core'
import {
  addToCart,
  beginCheckout,
  customEvent,
  generateLead,
  purchase,
  refund,
  search,
  signUp,
  viewItem,
} from './actions.ts'
import { DEFAULT_BASE_URL, validate } from './collect.ts'
import type { Settings } from './generated-types.ts'

const actions = {
  purchase,
  refund,
  addToCart,
  beginCheckout,
  viewItem,
  search,
  generateLead,
  signUp,
  customEvent,
}

const definition: DestinationDefinition<Settings> = {
  // ajv's schema key: no spaces (facts/destinations.md 0.1).
  name: 'TrackLayer-Google-Analytics-4',
  slug: 'google-analytics-4',
  mode: 'cloud',
  description: 'Google Analytics 4 through the Measurement Protocol.',
  authentication: {
    scheme: 'custom',
    fields: {
      measurement_id: {
        label: 'Measurement id',
        description: 'Measurement id of the web data stream, e.g. G-AB12CD34EF.',
        type: 'string',
        required: true,
      },
      api_secret: {
        label: 'API secret',
        description: 'Measurement Protocol API secret of the data stream.',
        type: 'password',
        required: true,
      },
      base_url: {
        label: 'Address',
        description:
          'Where events go: https://region1.google-analytics.com for collection in the EU.',
        type: 'string',
        unsafe_hidden: true,
        default: DEFAULT_BASE_URL,
      },
    },
    // The validation server looks at the event, not at the secret (page "Validate events"): a wrong secret is found only
    // by events that do not appear.
    testAuthentication: async (request, { settings }) => {
      if (!/^G-[A-Z0-9]+$/.test(settings.measurement_id))
        throw new InvalidAuthenticationError('The measurement id has the form G-AB12CD34EF')
      const messages = await validate(request, settings, SAMPLE)
      if (messages.length === 0) return
      const said = messages.map(({ fieldPath, validationCode, description }) =>
        [fieldPath, validationCode, description].filter(Boolean).join(' '),
      )
      throw new IntegrationError(`Google Analytics: ${said.join('; ')}`, 'SETTINGS_INVALID', 403)
    },
  },
  // redirect: a redirected POST would arrive as a GET and look delivered. skipResponseCloning: bodies above 64 KB hang
  // otherwise (facts/destinations.md 0.3).
  extendRequest: () => ({
    headers: { 'user-agent': 'TrackLayer' },
    redirect: 'manual',
    skipResponseCloning: true,
  }),
  actions,
  presets: [
    preset('Purchases', 'purchase'),
    preset('Refunds', 'refund'),
    preset('Products added to the cart', 'addToCart'),
    preset('Checkouts', 'beginCheckout'),
    preset('Products viewed', 'viewItem'),
    preset('Searches', 'search'),
    preset('Leads', 'generateLead'),
    preset('Sign-ups', 'signUp'),
  ],
}

const SAMPLE = {
  client_id: '1.1',
  events: [{ name: 'tracklayer_connection_test', params: {} }],
} as const

function preset(name: string, partnerAction: keyof typeof actions): Preset {
  const { defaultSubscription = '', fields } = actions[partnerAction]
  return {
    name,
    type: 'automatic',
    subscribe: defaultSubscription,
    partnerAction,
    mapping: defaultValues(fields),
  }
}

export default definition
