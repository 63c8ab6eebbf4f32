// `tracklayer audience audit|resume` as people run it, on a store that listens.
import { stripVTControlCharacters } from 'node:util'
import { serve } from '@hono/node-server'
import { audienceCommand } from '../../cli/audience.ts'
import { parseAudiencesFile } from '../../core/audience-schema.ts'
import {
  type AudienceStage,
  consent,
  membership,
  setAudienceStage,
} from '../support/audience-stage.ts'
import { useDatabase } from '../support/database.ts'
import { API_KEYS } from '../support/signed-batch.ts'

const database = useDatabase()
const TABLE = parseAudiencesFile(
  'audiences: { vip: { keys: [vip], destinations: [meta-audiences] } }',
  'audiences.yaml',
)
let stage: AudienceStage
let url: string
let close: () => Promise<unknown>
beforeEach(async () => {
  stage = await setAudienceStage(database, { table: TABLE, platforms: ['meta-audiences'] })
  process.env.TRACKLAYER_API_KEY = API_KEYS.production
  await new Promise<void>((resolve) => {
    const server = serve({ fetch: stage.store.app.fetch, hostname: '127.0.0.1', port: 0 }, (at) => {
      url = `http://127.0.0.1:${at.port}`
      resolve()
    })
    close = () => new Promise((done) => server.close(done))
  })
})
afterEach(async () => {
  delete process.env.TRACKLAYER_API_KEY
  process.exitCode = undefined
  await close()
  await stage.close()
})

async function run(...args: string[]): Promise<string> {
  const written: string[] = []
  const write = jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written.push(String(text))
    return true
  })
  try {
    await audienceCommand().parseAsync([...args, '--store-url', url], { from: 'user' })
    return stripVTControlCharacters(written.join(''))
  } finally {
    write.mockRestore()
  }
}

test('audit says who drifted and ends with 1; --repair sends them again; resume lets an audience go on', async () => {
  await stage.store.send([consent('ann', true), consent('bob', false)])
  stage.start()
  await stage.store.send([membership('ann', true, 1), membership('bob', true, 1)])
  await stage.settled()
  expect(await run('audit', 'vip')).toMatch(
    /ours 2, acknowledged 1: in step[\s\S]*1 withheld: consent_denied/,
  )
  expect(process.exitCode ?? 0).toBe(0)

  await database.query(
    `update deliveries set state = 'dead', reason = 'refused' where state = 'delivered'`,
  )
  const drifted = await run('audit', 'vip')
  expect(drifted).toMatch(/drift: 1 missing, 0 extra/)
  expect(drifted).toMatch(/missing .*dead refused/)
  expect(drifted).not.toContain('example.com')
  expect(process.exitCode).toBe(1)
  process.exitCode = undefined

  expect(await run('audit', 'vip', '--repair')).toContain(
    'meta-audiences: 1 sent again, 0 removed again',
  )
  await stage.settled()
  const { destinations } = JSON.parse(await run('audit', 'vip', '--json'))
  expect(destinations).toMatchObject([{ acknowledged: 1, missing: 0 }])
  expect(await run('resume', 'vip', 'meta-audiences')).toContain('vip at meta-audiences: ready')
  await expect(run('resume', 'vip', 'tiktok-audiences')).rejects.toThrow(
    'not told to a destination',
  )
})
