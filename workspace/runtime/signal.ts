// A change that someone may wait for.

export interface Signal {
  notify(): void
  /** Resolves at the next notify. */
  next(): Promise<void>
}

export function createSignal(): Signal {
  let waiting: (() => void)[] = []
  return {
    notify() {
      const resolve = waiting
      waiting = []
      for (const each of resolve) each()
    },
    next: () => new Promise((resolve) => waiting.push(resolve)),
  }
}
