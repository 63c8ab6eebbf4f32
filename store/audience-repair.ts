// Mends what an audit found: whoever is missing enters once more, whoever is one too many leaves once more, as transitions
// in the ledger like any other. Somebody on the way is not sent again, however often and wherever a repair is run.
import { type AuditQuestion, driftedSubjects } from './audience-audit.ts'
import { type Database, inTransaction } from './database.ts'
import { settleMembers } from './membership-settling.ts'
import { type AudienceOptions, holdSubjects } from './memberships.ts'
import { type RemoteAudience, readRemoteAudiences } from './remote-audiences.ts'
import { logTransitions } from './transitions.ts'

const PAGE = 500

export interface Repaired {
  readonly entered: number
  readonly exited: number
}

/** @throws TrackLayerError UNAVAILABLE; what was repaired until then stays */
export async function repairDestination(
  database: Database,
  question: AuditQuestion,
  options: AudienceOptions,
): Promise<Repaired> {
  const { environment, destination, audienceId } = question
  const remotes = await readRemoteAudiences(database.pool, environment, destination, [audienceId])
  const remote = remotes.get(audienceId) ?? null
  const sum = { entered: 0, exited: 0 }
  for (let after = ''; ; ) {
    const asked = { remote, among: null, after, limit: PAGE }
    const page = await driftedSubjects(database.pool, question, asked)
    if (page.length > 0) {
      const { entered, exited } = await repairPage(database, question, { options, remote, page })
      sum.entered += entered
      sum.exited += exited
    }
    if (page.length < PAGE) return sum
    after = page.at(-1)?.subject ?? after
  }
}

interface Page {
  readonly options: AudienceOptions
  readonly remote: RemoteAudience | null
  readonly page: readonly { readonly subject: string; readonly profile: string | null }[]
}

async function repairPage(
  database: Database,
  question: AuditQuestion,
  { options, remote, page }: Page,
): Promise<Repaired> {
  const { environment, audienceId, destination } = question
  const occasion = { environment, receivedAt: new Date(database.clock.now()) }
  return inTransaction(database, async (client) => {
    await holdSubjects(client, environment, page)
    // Asked again now that nobody else can settle or repair them.
    const among = page.map(({ subject }) => subject)
    const drifted = await driftedSubjects(client, question, { remote, among, limit: PAGE })
    const members = drifted.map(({ subject, profile }) => ({
      audienceId,
      subject,
      profile,
      wasInside: false,
      cause: 'repaired' as const,
      isRestated: true,
    }))
    const flips = await settleMembers(client, occasion, members, options.table)
    const toThisOne = { ...options, destinations: [destination] }
    await logTransitions(client, occasion, flips, new Map(), toThisOne)
    const entered = flips.filter(({ isMember }) => isMember).length
    return { entered, exited: flips.length - entered }
  })
}
