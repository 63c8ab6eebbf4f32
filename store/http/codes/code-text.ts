// What the page of a code says. Every table of codes is typed by its closed list: a code without words does not compile.

/**
 * `yes`: the same request may succeed later, unchanged. `no`: it gets the same answer until something is changed.
 * `by_itself`: TrackLayer goes on without anybody.
 */
export type Retry = 'yes' | 'no' | 'by_itself'

export interface CodeText {
  readonly means: string
  readonly cause: string
  readonly fix: string
  readonly retry: Retry
}

export type CodeTexts<Code extends string> = Readonly<Record<Code, CodeText>>
