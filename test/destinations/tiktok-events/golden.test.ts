// Requests written by hand from TikTok's pages, against the bytes that leave.
import { examples } from '../../../destinations/tiktok-events/examples.ts'
import definition from '../../../destinations/tiktok-events/index.ts'
import { json } from '../../support/recording-server.ts'
import { itSendsGoldenRequests } from '../event-destination-frame.ts'

itSendsGoldenRequests({
  definition,
  examples,
  folder: 'tiktok',
  settings: { pixelCode: 'C0PIXEL1234567890', accessToken: 'tt-token' },
  path: '/open_api/v1.3/event/track/',
  answer: json(200, { code: 0, message: 'OK', request_id: 'r1', data: {} }),
})
