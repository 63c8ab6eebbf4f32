// A list that remembers its newest entries only: a workspace may run for days.

export interface RecentList<T> {
  add(item: T): void
  list(): readonly T[]
}

export function createRecentList<T>(keep: number): RecentList<T> {
  const items: T[] = []
  return {
    add(item) {
      items.push(item)
      if (items.length > keep) items.shift()
    },
    list: () => [...items],
  }
}
