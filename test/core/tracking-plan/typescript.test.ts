// The types that `tracklayer plan types` writes: they compile, take what the plan takes and refuse what it refuses.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseMappingSource } from '../../../core/mapping-schema.ts'
import { parseTrackingPlan } from '../../../core/tracking-plan/schema.ts'
import { writePlanTypes } from '../../../core/tracking-plan/typescript.ts'

const ROOT = path.join(__dirname, '..', '..', '..')
const read = (file: string) => readFileSync(path.join(ROOT, 'mappings', file), 'utf8')
const types = writePlanTypes(
  parseTrackingPlan(read('tracking-plan.yaml'), 'tracking-plan.yaml'),
  parseMappingSource(read('events.yaml'), 'events.yaml'),
)

test('the types of the shipped mappings hold senders and readers to them', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'tracklayer-types-'))
  writeFileSync(path.join(folder, 'events.ts'), types)
  writeFileSync(
    path.join(folder, 'use.ts'),
    `import type { CanonicalEvents, SourceEvents } from './events'
const products = [{ product_id: 'p', price: 1 }]
export const good: SourceEvents['Order Completed'] = { order_id: 'ORD-10492', total: 1, currency: 'EUR', products, gift: true }
// @ts-expect-error total is a number
export const text: SourceEvents['Order Completed'] = { order_id: 'ORD-10492', total: '1', currency: 'EUR', products }
// @ts-expect-error products are missing
export const less: SourceEvents['Order Completed'] = { order_id: 'ORD-10492', total: 1, currency: 'EUR' }
// @ts-expect-error the currency is not in the plan
export const yen: SourceEvents['Order Completed'] = { order_id: 'ORD-10492', total: 1, currency: 'JPY', products }
export const value: number | undefined = ({} as CanonicalEvents['purchase']).value
export const skus: string[] | undefined = ({} as CanonicalEvents['purchase']).items
// @ts-expect-error revenue became value
export const revenue: number = ({} as CanonicalEvents['purchase']).revenue
// @ts-expect-error no such event
export type Other = CanonicalEvents['Order Completed']
`,
  )
  const { stdout, status } = spawnSync(
    process.execPath,
    [
      path.join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'),
      '--noEmit',
      '--strict',
      '--types',
      '',
      '--ignoreConfig',
      path.join(folder, 'use.ts'),
    ],
    { encoding: 'utf8', cwd: folder },
  )
  rmSync(folder, { recursive: true })
  expect(stdout).toBe('')
  expect(status).toBe(0)
})

test('every row has its types', () => {
  for (const { event } of parseTrackingPlan(read('tracking-plan.yaml'), 'p').events)
    expect(types).toMatch(new RegExp(`^  ("${event}"|${event}): \\{`, 'm'))
  expect(types).toContain(
    '  purchase: {\n    event_id: string\n    value?: number\n    currency?: string\n',
  )
})
