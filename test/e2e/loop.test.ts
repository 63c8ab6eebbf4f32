import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { AudienceReport } from '../../cli/dev/audience-report.ts'
import { runProgram } from './processes.ts'

test('`tracklayer dev --once --json` runs the whole loop and ends with one JSON object', async () => {
  const dataDir = mkdtempSync(path.join(os.tmpdir(), 'tracklayer-loop-'))
  try {
    const { code, stdout, stderr } = await runProgram([
      ...['dev', '--once', '--json', '--shoppers', '60', '--seed', '3', '--data-dir', dataDir],
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
    // Whoever entered and left before the entry was sent is not sent: nothing else is filtered.
    expect(filtered).toBe(reasons.filtered?.superseded ?? 0)
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
    rmSync(dataDir, { recursive: true, force: true })
  }
}, 90_000)
