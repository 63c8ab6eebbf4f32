// The realm's `Date` follows the workspace's clock: a function that signs with the time of day must agree with a store
// that runs on the same virtual clock, four hours into a retry. Within one invocation time flows at its real pace.
import vm from 'node:vm'

// Runs inside the context, so that `Date` stays of that realm. A proxy rather than a subclass: `instanceof`, `name` and
// the prototype remain those of the ordinary Date.
const INSTALL = `(function () {
  const RealDate = Date
  let shiftMs = 0
  const now = () => RealDate.now() + shiftMs
  const ShiftedDate = new Proxy(RealDate, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
    apply: () => new RealDate(now()).toString(),
    get: (target, key) => (key === 'now' ? now : Reflect.get(target, key)),
  })
  RealDate.prototype.constructor = ShiftedDate
  globalThis.Date = ShiftedDate
  return { now, set: (nowMs) => { shiftMs = nowMs - RealDate.now() } }
})()`

export interface RealmDate {
  now(): number
  /** Makes `Date` show `nowMs` from here on. */
  set(nowMs: number): void
}

export function installRealmDate(context: vm.Context): RealmDate {
  return vm.runInContext(INSTALL, context)
}
