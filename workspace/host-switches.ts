// What the host's documentation leaves open, one named switch each. The default is the reading under which a function
// that is right here is right under the other reading too: it loses more, offers less, and complains earlier.

export interface HostSwitches {
  /** Messages a source function had emitted before it threw: gone, or sent by the next run as the published shim does. */
  readonly bufferAfterThrow: 'drop' | 'keep'
  /** `Segment.page()` and its siblings without any id: a ValidationError as in the shim, or let through. */
  readonly segmentWithoutId: 'throw' | 'pass'
  /** Names that Node has and the host does not promise: AbortController, TextEncoder, structuredClone and so on. */
  readonly webGlobals: 'absent' | 'present'
  /** Concurrent `cache.load` calls for one key: each runs its callback, or all share the first one's. */
  readonly cacheConcurrentLoads: 'each' | 'shared'
  /** A rejected `cache.load` callback: runs again at the next load, or keeps rejecting until its ttl is over. */
  readonly cacheRejections: 'forget' | 'keep'
  /** How deep the keys of a webhook's body are sorted for a deployed source function. */
  readonly keySorting: 'deep' | 'shallow'
  /** A repeated field of a form body: an array of its values, or the last of them. */
  readonly repeatedFormKeys: 'array' | 'last'
  /** What the caller of a webhook sees: the first attempt's outcome (400 when discarded), or 200 at once. */
  readonly webhookAnswer: 'outcome' | 'accepted'
  /** Entries of a positional batch answer with status 408 or 429. */
  readonly tooManyRequests: 'discard' | 'retry'
  /** Entries of a positional batch answer to be retried: each by itself, or as one smaller batch. */
  readonly partialRetry: 'alone' | 'together'
  /** A batch answer that is no positional one (a warning is given either way). */
  readonly unreadableBatchAnswer: 'delivered' | 'discard'
  /** An insert handler that returns no event. */
  readonly insertReturnsNothing: 'discard' | 'pass'
  /** A shorter array from an insert function's `onBatch`, when every event in it is a known one, in order. */
  readonly shortInsertBatch: 'byMessageId' | 'byIndex'
  /** A source insert function that does not answer in time. */
  readonly sourceInsertTimeout: 'discard' | 'retry'
  /** An error of a source insert function that the host does not name. */
  readonly sourceInsertError: 'discard' | 'retry'
  /** The handler of identifies in a source insert function; the documentation says `onIdentity`, in what looks a slip. */
  readonly sourceInsertIdentify: 'onIdentify' | 'onIdentity'
  /** Whether deletes reach destination functions, as the handler `onDelete` implies. */
  readonly deletes: 'delivered' | 'withheld'
}

export const DEFAULT_SWITCHES: HostSwitches = {
  bufferAfterThrow: 'drop',
  segmentWithoutId: 'throw',
  webGlobals: 'absent',
  cacheConcurrentLoads: 'each',
  cacheRejections: 'forget',
  keySorting: 'deep',
  repeatedFormKeys: 'array',
  webhookAnswer: 'outcome',
  tooManyRequests: 'discard',
  partialRetry: 'alone',
  unreadableBatchAnswer: 'delivered',
  insertReturnsNothing: 'discard',
  shortInsertBatch: 'byMessageId',
  sourceInsertTimeout: 'discard',
  sourceInsertError: 'discard',
  sourceInsertIdentify: 'onIdentify',
  deletes: 'delivered',
}

/** Every switch, those not named at their default. */
export function hostSwitches(changed: Partial<HostSwitches> = {}): HostSwitches {
  return { ...DEFAULT_SWITCHES, ...changed }
}

/** Every value each switch may have, its default first. */
export const SWITCH_VALUES: { readonly [K in keyof HostSwitches]: readonly HostSwitches[K][] } = {
  bufferAfterThrow: ['drop', 'keep'],
  segmentWithoutId: ['throw', 'pass'],
  webGlobals: ['absent', 'present'],
  cacheConcurrentLoads: ['each', 'shared'],
  cacheRejections: ['forget', 'keep'],
  keySorting: ['deep', 'shallow'],
  repeatedFormKeys: ['array', 'last'],
  webhookAnswer: ['outcome', 'accepted'],
  tooManyRequests: ['discard', 'retry'],
  partialRetry: ['alone', 'together'],
  unreadableBatchAnswer: ['delivered', 'discard'],
  insertReturnsNothing: ['discard', 'pass'],
  shortInsertBatch: ['byMessageId', 'byIndex'],
  sourceInsertTimeout: ['discard', 'retry'],
  sourceInsertError: ['discard', 'retry'],
  sourceInsertIdentify: ['onIdentify', 'onIdentity'],
  deletes: ['delivered', 'withheld'],
}

/** Reads `name=value` pairs, as a command line has them; throws a RangeError that names what is possible. */
export function changedSwitches(pairs: readonly string[]): Partial<HostSwitches> {
  return Object.fromEntries(pairs.map(parseSwitch))
}

function parseSwitch(pair: string): [string, string] {
  const [name = '', value = ''] = pair.split('=')
  if (!Object.hasOwn(SWITCH_VALUES, name)) {
    throw new RangeError(`no switch "${name}"; there are ${Object.keys(SWITCH_VALUES).join(', ')}`)
  }
  const values: readonly string[] = SWITCH_VALUES[name as keyof HostSwitches]
  if (!values.includes(value)) throw new RangeError(`${name} is ${values.join(' or ')}`)
  return [name, value]
}
