// `tracklayer audience audit|resume`: who is in an audience here, and who is in it at each destination.
import { Command } from 'commander'
import type { AudienceAudit } from '../store/http/routes/audience-audit.ts'
import { type CommandHelp, withStoreHelp } from './command-help.ts'
import { EXIT } from './exit-codes.ts'
import { type Column, paint, print, printJson, tableLines } from './output.ts'
import { askStore } from './store-client.ts'

interface Flags {
  readonly storeUrl?: string
  readonly json?: boolean
}

interface AuditFlags extends Flags {
  readonly destination?: string
  readonly limit: string
  readonly repair?: boolean
}

interface Repair {
  readonly repaired: readonly {
    readonly destination: string
    readonly entered: number
    readonly exited: number
  }[]
}

const AUDIT: CommandHelp = {
  json: '{ audience, destinations: [{ destination, ours, acknowledged, waiting, missing, extra, drifted }], repaired? }',
  notes: `
A member is missing when nothing says that the destination has them and nothing is on the way; extra when it has somebody
who is no member. Who is withheld (consent) or waiting is neither.`,
  exits: { [EXIT.found]: 'there is drift, and --repair was not asked for' },
  examples: [
    'tracklayer audience audit vip',
    'tracklayer audience audit vip --destination meta-audiences --json',
    'tracklayer audience audit vip --repair',
  ],
}

const RESUME: CommandHelp = {
  json: '{ audience, destination, external_id, state }',
  examples: [
    'tracklayer audience resume vip meta-audiences          # the audience is well again: send what waits',
    'tracklayer audience resume vip meta-audiences --anew   # it is gone: make another one, then fill it:',
    'tracklayer audience audit vip --destination meta-audiences --repair',
  ],
}

export function auditCommands(): Command[] {
  return [
    withStoreHelp(new Command('audit'), AUDIT)
      .argument('<id>', 'our id, a key or a computation id')
      .option('--destination <name>', 'only this one')
      .option('--limit <count>', 'how many of those who drifted are listed', '20')
      .option('--repair', 'send again whoever is missing, remove again whoever is extra')
      .description('our members against what each destination acknowledged')
      .action(audit),
    withStoreHelp(new Command('resume'), RESUME)
      .argument('<id>', 'our id, a key or a computation id')
      .argument('<destination>', 'where its audience is paused')
      .option('--anew', 'forget the audience there and make another one')
      .description('let an audience go on that is gone or blocked at one destination')
      .action(resume),
  ]
}

async function audit(id: string, flags: AuditFlags): Promise<void> {
  const { storeUrl, json, destination, limit, repair } = flags
  const search = new URLSearchParams({ limit, ...(destination ? { destination } : {}) })
  const found = await askStore<AudienceAudit>(storeUrl, `${pathOf(id)}/audit?${search}`)
  const isDrift = found.destinations.some(({ missing, extra }) => missing + extra > 0)
  const body = destination ? { destination } : {}
  const mended = repair
    ? await askStore<Repair>(storeUrl, `${pathOf(id)}/repair`, 'POST', { body })
    : null
  if (isDrift && !repair) process.exitCode = EXIT.found
  if (json) return printJson(mended ? { ...found, repaired: mended.repaired } : found)
  if (found.destinations.length === 0) print('nothing to compare: no destination is told of it')
  for (const each of found.destinations) printDestination(each)
  for (const { destination: name, entered, exited } of mended?.repaired ?? [])
    print(`${name}: ${entered} sent again, ${exited} removed again`)
}

function printDestination(found: AudienceAudit['destinations'][number]): void {
  const { destination, remote, ours, acknowledged, waiting, missing, extra, platform } = found
  const isDrift = missing + extra > 0
  const verdict = isDrift
    ? paint.red(`drift: ${missing} missing, ${extra} extra`)
    : waiting > 0
      ? `${waiting} on the way`
      : paint.green('in step')
  print(
    `${paint.bold(destination.padEnd(20))} ours ${ours}, acknowledged ${acknowledged}: ${verdict}`,
  )
  if (remote) {
    const why = remote.reason ? `: ${remote.reason}` : ''
    print(
      paint.dim(`  "${remote.name}" (${remote.external_id ?? 'no id yet'}) ${remote.state}${why}`),
    )
  }
  print(paint.dim(`  the platform says: ${platformText(platform)}`))
  for (const [reason, count] of Object.entries(found.withheld))
    print(`  ${count} withheld: ${reason}`)
  for (const { as, state, reason, count } of found.deliveries_waiting)
    print(`  ${count} ${as} ${state}${reason ? `: ${reason}` : ''}`)
  if (found.drifted.length > 0)
    for (const line of tableLines(DRIFTED, found.drifted)) print(`  ${line}`)
}

const DRIFTED: readonly Column<AudienceAudit['destinations'][number]['drifted'][number]>[] = [
  { title: 'drift', value: ({ drift }) => drift, paint: paint.red },
  { title: 'person', value: ({ canonical_user_id, subject }) => canonical_user_id ?? subject },
  {
    title: 'last told',
    value: ({ last }) => (last ? [last.state, last.reason].filter(Boolean).join(' ') : 'never'),
  },
]

function platformText(platform: AudienceAudit['destinations'][number]['platform']): string {
  if (!platform) return 'nothing'
  if ('error' in platform) return platform.error
  const { state, size, detail } = platform
  const people = size ? `, ${size.lower} to ${size.upper} people` : ''
  return `${state}${people}${detail ? ` (${detail})` : ''}`
}

interface ResumeFlags extends Flags {
  readonly anew?: boolean
}

async function resume(id: string, destination: string, flags: ResumeFlags): Promise<void> {
  const { storeUrl, json, anew = false } = flags
  const answer = await askStore<{ state: string; external_id: string | null }>(
    storeUrl,
    `${pathOf(id)}/resume`,
    'POST',
    { body: { destination, anew } },
  )
  if (json) return printJson(answer)
  print(`${id} at ${destination}: ${answer.state}`)
}

function pathOf(id: string): string {
  return `/v1/audiences/${encodeURIComponent(id)}`
}
