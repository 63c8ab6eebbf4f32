// Puts the audience that the mapping names into the context, where Engage has it. Rows of reverse ETL come without one.
import type { Payload } from './generated-types.ts'

type Context = NonNullable<Payload['context']>

/** The payload with `context.personas` as the mapping has it; what the mapping does not name stays as it came. */
export function withAudience(payload: Payload): Payload {
  const named = {
    computation_id: payload.audience_id,
    computation_key: payload.audience_key,
    external_audience_id: payload.external_audience_id,
  }
  const given = Object.entries(named).filter(([, value]) => value)
  if (given.length === 0) return payload
  const context: Context = payload.context || {}
  const personas = { ...(context.personas as Context), ...Object.fromEntries(given) }
  return { ...payload, context: { ...context, personas } }
}
