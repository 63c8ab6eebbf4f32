// The kinds of things a deploy makes, and how the Public API speaks of each.

export interface KindOf {
  /** Key of one thing in the answers to GET and PATCH. */
  readonly answer: string
  /** Key in the answer to POST, where it is another one. */
  readonly created?: string
  /** Key of the list. */
  readonly list: string
  readonly alpha: boolean
  /** Mappings: five writes a minute. */
  readonly paced: boolean
  /** PATCH takes `{ "input": … }`. */
  readonly isWrapped: boolean
  /**
   * What a rollback of a creation does. A function and a source stay: other people may have connected the one, and the
   * address of the other may stand elsewhere.
   */
  readonly undo: 'delete' | 'disable' | 'keep'
}

const PLAIN = { alpha: false, paced: false, isWrapped: false } as const

export const KINDS = {
  function: { ...PLAIN, answer: 'function', list: 'functions', undo: 'keep' },
  source: { ...PLAIN, answer: 'source', list: 'sources', undo: 'disable' },
  destination: { ...PLAIN, answer: 'destination', list: 'destinations', undo: 'delete' },
  insert: {
    ...PLAIN,
    answer: 'insertFunctionInstance',
    list: 'insertFunctionInstances',
    alpha: true,
    undo: 'delete',
  },
  mapping: {
    answer: 'subscription',
    created: 'destinationSubscription',
    list: 'subscriptions',
    alpha: true,
    paced: true,
    isWrapped: true,
    undo: 'delete',
  },
  filter: { ...PLAIN, answer: 'filter', list: 'filters', undo: 'delete' },
  plan: { ...PLAIN, answer: 'trackingPlan', list: 'trackingPlans', undo: 'delete' },
  'plan-source': { ...PLAIN, answer: 'source', list: 'sources', undo: 'delete' },
  rules: { ...PLAIN, answer: 'rules', list: 'rules', undo: 'keep' },
} as const satisfies Record<string, KindOf>

export type Kind = keyof typeof KINDS

/** Callers read one shape whatever the kind. */
export function kindOf(kind: Kind): KindOf {
  return KINDS[kind]
}
