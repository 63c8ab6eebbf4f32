// GET /v1/reconcile
import { reconcile } from '../../ledger.ts'
import type { StoreApp, StoreOptions } from '../app.ts'

export function addLedgerRoutes(app: StoreApp, { database }: StoreOptions): void {
  app.get('/v1/reconcile', async (context) =>
    context.json(await reconcile(database.pool, context.var.environment)),
  )
}
