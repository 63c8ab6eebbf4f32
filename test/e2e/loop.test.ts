import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { AudienceReport } from '../../cli/dev/audience-report.ts'
import { runProgram } from './processes.ts'

// As shipped, but for the rests after a failed attempt, of half a minute at some platforms: with those `npm start` runs.
function impatientMappings(folder: string): string {
  const mappings = path.join(folder, 'mappings')
  cpSync('mappings', mappings, { recursive: true })
  for (const name of readdirSync(path.join(mappings, 'destinations'))) {
    const file = path.join(mappings, 'destinations', name)
    const shipped = readFileSync(file, 'utf8')
    writeFileSync(file, shipped.replace(/^( *base_seconds:).*/m, '$1 0.5'))
  }
  return mappings
}

test('`tracklayer dev --once --json` runs the whole loop and ends with one JSON object', async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tracklayer-loop-'))
  try {
    const { code, stdout, stderr } = await runProgram([
      ...['dev', '--once', '--json', '--shoppers', '60', '--seed', '3'],
      ...['--data-dir', path.join(folder, 'data'), '--mappings', impatientMappings(folder)],
    ])
    expect({ code, faults: code === 0 ? '' : stderr }).toEqual({ code: 0, faults: '' })
    const report = JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
    expect(report).toMatchObject({
      balanced: true,
      faults: [],
      rejected: 0,
      orders: { twice: 0, lost: 0 },
    })
    expect(report.orders.placed).toBeGreaterThan(5)
    expect(report.orders.counted).toBe(report.orders.placed)
    expect(report.duplicates).toBeGreaterThan(0)
    expect(report.unmapped).toBeGreaterThan(0)
    expect(report.messages).toBe(report.accepted + report.duplicates + report.unmapped)
    const { delivered, filtered, total, reasons } = report.deliveries.webhook
    // Whoever entered and left before the entry was sent is not sent, nor what somebody says of consent: nothing else is filtered.
    const { superseded = 0, unchanged = 0 } = reasons.filtered ?? {}
    expect(filtered).toBe(superseded + unchanged)
    expect(delivered + filtered).toBe(total)
    expect(total).toBeGreaterThan(report.events)
    expect(report.deliveries.segment.delivered).toBe(report.returned)
    expect(report.returned).toBeGreaterThanOrEqual(report.orders.placed)
    // The same for every run of a seed, and already held against what the shop knows of its own orders.
    expect(report.audiences).toMatchObject({
      vip: { members: 6, member: { orders: 3, people: 3 } },
      abandoned_cart: { members: 27, member: { orders: 4 } },
    })
    for (const { member, not_member } of Object.values<AudienceReport>(report.audiences))
      expect(member.orders + not_member.orders).toBe(report.orders.placed)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}, 90_000)
