// What the action does with its payloads.
import {
  type ExecuteInput,
  MultiStatusResponse,
  PayloadValidationError,
} from '@segment/actions-core'
import { buildEvent, type Row } from './build-event.ts'
import { withConnection } from './connection.ts'
import { DIALECTS, type Dialect } from './dialect.ts'
import { type Failure, failureOf } from './failure.ts'
import type { Settings } from './generated-types.ts'
import type { Target } from './statements.ts'
import { type WrittenRow, writeRows } from './write.ts'
import type { Payload } from './write-event/generated-types.ts'

type Input<P> = Pick<ExecuteInput<Settings, P>, 'payload' | 'settings'>

export async function deliverOne({ payload, settings }: Input<Payload>) {
  const [written] = await write(settings, [buildEvent(payload)])
  if (written?.failure) throw written.failure
  return { warnings: [...(written?.warnings ?? [])] }
}

/** One node per payload. Throws when nothing was written and no row was at fault: all may be sent again. */
export async function deliverBatch({
  payload: payloads,
  settings,
}: Input<Payload[]>): Promise<MultiStatusResponse> {
  const response = new MultiStatusResponse()
  const rows: { readonly position: number; readonly row: Row }[] = []
  for (const [position, payload] of payloads.entries()) {
    const row = tried(() => buildEvent(payload))
    if (!(row instanceof Error)) rows.push({ position, row })
    else response.setErrorResponseAtIndex(position, { status: 400, errormessage: row.message })
  }
  if (rows.length === 0) return response
  const written = await write(
    settings,
    rows.map(({ row }) => row),
  )
  for (const [at, { position }] of rows.entries())
    setOutcome(response, position, written[at] as WrittenRow)
  return response
}

/** The rows' place and way, as the settings have them. */
export function targetOf(settings: Settings): { target: Target; dialect: Dialect } {
  return {
    target: { schema: settings.schema || 'tracklayer', table: settings.table || 'events' },
    dialect: DIALECTS[settings.dialect === 'redshift' ? 'redshift' : 'postgres'],
  }
}

async function write(settings: Settings, rows: readonly Row[]): Promise<WrittenRow[]> {
  const { target, dialect } = targetOf(settings)
  try {
    return await withConnection(settings, (client) => writeRows(client, target, rows, dialect))
  } catch (thrown) {
    throw failureOf(thrown)
  }
}

function tried(make: () => Row): Row | PayloadValidationError {
  try {
    return make()
  } catch (thrown) {
    if (thrown instanceof PayloadValidationError) return thrown
    throw thrown
  }
}

function setOutcome(response: MultiStatusResponse, position: number, written: WrittenRow) {
  const sent = written.record as never
  if (!written.failure) {
    const body = { warnings: [...written.warnings] }
    response.setSuccessResponseAtIndex(position, { status: 200, sent, body })
    return
  }
  const { status = 500, message } = written.failure as Failure
  response.setErrorResponseAtIndex(position, { status, errormessage: message, sent })
}
