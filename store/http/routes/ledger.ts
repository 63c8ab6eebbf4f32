// GET /v1/reconcile
import { reconcile } from '../../ledger.ts'
import { reconciliation } from '../answers/deliveries.ts'
import type { StoreApp, StoreOptions } from '../app.ts'
import { addRoute, route } from '../route.ts'

const getReconciliation = route({
  method: 'get',
  path: '/v1/reconcile',
  id: 'getReconciliation',
  tag: 'Ledger',
  summary: 'The sums of the ledger, and whether they balance',
  details:
    'Every sum is of the same instant: for each destination, what was accepted is the sum of its states.',
  access: 'viewer',
  answer: reconciliation,
})

export function addLedgerRoutes(app: StoreApp, { database }: StoreOptions): void {
  addRoute(app, getReconciliation, (context) => reconcile(database.pool, context.var.environment))
}
