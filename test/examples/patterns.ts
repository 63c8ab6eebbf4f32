// The examples as they stand in their folders, on the stage of the audience tests.
import { readFileSync } from 'node:fs'
import { parseAudiencesFile } from '../../core/audience-schema.ts'
import type { JsonObject } from '../../core/json.ts'
import { type AudienceStage, setAudienceStage } from '../support/audience-stage.ts'
import type { TestDatabase } from '../support/database.ts'
import { CATALOGUE } from '../support/delivery.ts'
import { type RecordingServer, startRecordingServer, text } from '../support/recording-server.ts'

export interface PatternStage extends AudienceStage {
  /** What a webhook received: event and person. */
  readonly received: (webhook: string) => string[]
}

export async function setPattern(
  database: TestDatabase,
  example: string,
  { platforms, webhooks = [] }: { readonly platforms: string[]; readonly webhooks?: string[] },
): Promise<PatternStage> {
  const mappingsDir = `examples/${example}/mappings`
  const path = `${mappingsDir}/audiences.yaml`
  const table = parseAudiencesFile(readFileSync(path, 'utf8'), path, CATALOGUE)
  const servers = new Map<string, RecordingServer>()
  for (const name of webhooks) servers.set(name, await startRecordingServer(text(200, 'ok')))
  const urls = Object.fromEntries([...servers].map(([name, { url }]) => [name, url]))
  const stage = await setAudienceStage(database, { table, platforms, mappingsDir, webhooks: urls })
  return {
    ...stage,
    received: (name) =>
      (servers.get(name)?.requests ?? []).map(({ body }) => {
        const { event } = JSON.parse(body.toString()) as { event: JsonObject }
        return `${event.tracklayer_event} ${event.canonical_user_id}`
      }),
    async close() {
      await stage.close()
      await Promise.all([...servers.values()].map((server) => server.close()))
    },
  }
}
