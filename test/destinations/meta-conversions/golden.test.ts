// Requests written by hand from Meta's pages, against the bytes that leave.
import { examples } from '../../../destinations/meta-conversions/examples.ts'
import definition from '../../../destinations/meta-conversions/index.ts'
import { json } from '../../support/recording-server.ts'
import { itSendsGoldenRequests } from '../event-destination-frame.ts'

itSendsGoldenRequests({
  definition,
  examples,
  folder: 'meta',
  settings: { pixelId: '1234567890', accessToken: 'EAAB-token' },
  path: '/v24.0/1234567890/events',
  answer: (response, request) =>
    json(200, {
      events_received: JSON.parse(String(request.body)).data.length,
      messages: [],
      fbtrace_id: 'AbCdEf',
    })(response, request),
})
