// The audiences that Segment created through the Action Destination (POST /segment/audiences/objects).
import { type AudienceDescription, audienceObjectId } from '../core/audience-object.ts'
import type { Database } from './database.ts'
import { cleanJson, cleanText } from './text.ts'

/** Remembers what Segment describes and gives its id; a repeated creation has the same id and the latest description. */
export async function storeAudienceObject(
  { pool, clock }: Database,
  environment: string,
  audience: AudienceDescription,
): Promise<string> {
  const id = audienceObjectId(environment, audience)
  const text = (value: string | null) => value && cleanText(value)
  await pool.query(
    `insert into audience_objects
       (environment, id, name, computation_id, computation_key, space_id, settings, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8)
     on conflict (environment, id) do update set name = excluded.name, settings = excluded.settings`,
    [
      environment,
      id,
      cleanText(audience.name),
      text(audience.computation_id),
      text(audience.computation_key),
      text(audience.space_id),
      JSON.stringify(cleanJson(audience.settings)),
      new Date(clock.now()),
    ],
  )
  return id
}

export async function hasAudienceObject(
  { pool }: Database,
  environment: string,
  id: string,
): Promise<boolean> {
  const { rowCount } = await pool.query(
    'select from audience_objects where environment = $1 and id = $2',
    [environment, id],
  )
  return rowCount === 1
}
