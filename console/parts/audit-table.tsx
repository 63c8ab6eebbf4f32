// Entries of the audit log, one sentence each.
import type { AuditEntry } from '../api-types.ts'
import type { Viewer } from '../viewer.ts'
import { Id, Instant } from './words.tsx'

/** What each action is called, in the order people choose from. */
export const ACTIONS: Readonly<Record<string, string>> = {
  'session.created': 'signed in',
  'session.ended': 'ended a session',
  'sign_in_link.created': 'made a sign-in link',
  'personal_data.shown': 'looked at personal data',
  'destination.paused': 'paused',
  'destination.enabled': 'enabled',
  'destination.tested': 'sent a test event to',
  'delivery.released': 'released',
  'delivery.withdrawn': 'withdrew',
  'delivery.settled': 'settled as delivered',
  'merge.undone': 'undid a merge',
  'audience.resumed': 'resumed an audience',
  'audience.repaired': 'repaired an audience',
  'secret.created': 'made a signing secret',
  'secret.retired': 'retired a signing secret',
  'secret.restored': 'accepted a signing secret again',
  'api_key.created': 'made an API key',
  'api_key.revoked': 'revoked an API key',
}

export function AuditTable({
  viewer,
  entries,
}: {
  readonly viewer: Viewer
  readonly entries: readonly AuditEntry[]
}) {
  return (
    <table class="stacked">
      <thead>
        <tr>
          <th scope="col">When</th>
          <th scope="col">Who</th>
          <th scope="col">Did what</th>
          <th scope="col">To what</th>
        </tr>
      </thead>
      <tbody>
        {entries.map(({ at, actor, role, action, target }) => (
          <tr>
            <td class="when">
              <Instant at={at} look={viewer.look} />
            </td>
            <td>
              {actor} <span class="hint">{role}</span>
            </td>
            <td>{wordsOf(action, target)}</td>
            <td>{target === null ? '' : <Id>{target}</Id>}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function wordsOf(action: string, target: string | null): string {
  if (action === 'session.ended' && target === null) return 'signed out'
  return ACTIONS[action] ?? action
}
