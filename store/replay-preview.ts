// The dry run of a replay: for each delivery what was sent last, what would be sent now, and the difference.
import { isJsonObject, type Json, type JsonObject } from '../core/json.ts'
import { type Difference, differenceOf } from '../core/json-difference.ts'
import { redact } from '../core/redact.ts'
import type { RefusalCode } from '../core/replay.ts'
import { type Database, inSnapshot } from './database.ts'
import type { DeliverySide, PreviewedRequest } from './delivery-side.ts'
import { readCandidates, type SentRequest } from './replay-candidates.ts'
import { type Considered, considerCandidates } from './replay-verdicts.ts'
import type { ReplayRequest } from './replays.ts'

export interface DryRunItem {
  readonly delivery_id: string
  readonly destination: string
  readonly message_id: string
  readonly event_id: string
  readonly event: string
  readonly state: string
  readonly reason: string | null
  /** Whether the replay would enqueue it. */
  readonly replay: boolean
  readonly refusal: { readonly code: RefusalCode; readonly message: string } | null
  /** The last instant at which the platform would recognise the repeat; null for no limit. */
  readonly until: string | null
  /** What would happen to it then; null when its destination is not on. */
  readonly would: {
    readonly kind: 'sent' | 'filtered' | 'held' | 'refused'
    readonly reason: string | null
    readonly evidence: JsonObject | null
  } | null
  readonly sent: SentRequest | null
  readonly now: Readonly<Record<string, unknown>> | null
  readonly requests: readonly PreviewedRequest[]
  /** Payload then and now, personal data masked on both sides. Null when one of them is not known. */
  readonly difference: readonly Difference[] | null
  /** True when something differs that is masked. */
  readonly masked_difference: boolean
}

export interface DryRunPage {
  readonly dry_run: true
  readonly items: readonly DryRunItem[]
  /** Null after the last page. */
  readonly next_cursor: string | null
}

export async function dryRun(
  database: Database,
  side: DeliverySide,
  environment: string,
  { selection, permissions }: ReplayRequest,
  { cursor, limit }: { readonly cursor: string; readonly limit: number },
): Promise<DryRunPage> {
  const candidates = await inSnapshot(database.pool, (client) =>
    readCandidates(client, selection, { environment, after: cursor, last: LAST, limit }),
  )
  const considered = await considerCandidates(candidates, {
    side,
    environment,
    permissions,
    nowMs: database.clock.now(),
    previewAll: true,
  })
  const last = candidates.at(-1)?.delivery.id ?? null
  return {
    dry_run: true,
    items: considered.map(itemOf),
    next_cursor: candidates.length < limit ? null : last,
  }
}

const LAST = '9223372036854775807'

function itemOf({ candidate, verdict, preview }: Considered): DryRunItem {
  const { delivery, destination, messageId, eventId, eventName, state, reason, sent } = candidate
  const before = sent?.request
  const after = preview?.request as JsonObject | null | undefined
  const difference = isJsonObject(before?.payload) && after ? changes(before, after) : null
  return {
    delivery_id: delivery.id,
    destination,
    message_id: messageId,
    event_id: String(redact(eventId)),
    event: eventName,
    state,
    reason,
    replay: verdict.kind === 'replay',
    refusal: verdict.kind === 'refused' ? { code: verdict.code, message: verdict.message } : null,
    until:
      verdict.kind === 'replay' && verdict.untilMs !== null
        ? new Date(verdict.untilMs).toISOString()
        : null,
    would: preview && { kind: preview.kind, reason: preview.reason, evidence: preview.evidence },
    sent,
    now: preview?.request ?? null,
    requests: preview?.requests ?? [],
    difference,
    masked_difference: difference?.length === 0 && before?.digest !== after?.digest,
  }
}

// The action and the address matter as much as the payload.
function changes(before: JsonObject, after: JsonObject): Difference[] {
  const pick = ({ action, url, payload }: JsonObject) => ({
    ...(action === undefined ? {} : { action }),
    ...(url == null ? {} : { url }),
    payload,
  })
  const differences = differenceOf(pick(before) as Json, pick(after) as Json)
  // An address that one side does not know is no change.
  return differences.filter(({ path, kind }) => path !== 'url' || kind === 'changed')
}
