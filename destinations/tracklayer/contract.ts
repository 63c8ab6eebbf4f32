// What the definition takes from TrackLayer's core: types only, and no import. In the folder that is handed over, the core is
// one bundled file, and this is its shape.

export interface StoreRequest {
  readonly url: string
  readonly headers: Record<string, string>
  readonly body: string
}

export interface StoreAnswer {
  readonly status: number
  readonly text: string
}

export type Post = (request: StoreRequest) => Promise<StoreAnswer>

/** A JSON object as Segment hands it over. */
export interface Data {
  readonly [key: string]: unknown
}

/** Settings that were checked, and the way to the store. */
export type Link = object

/** What became of one message. */
export type MessageResult =
  | { readonly kind: 'stored'; readonly outcome: string; readonly eventId?: string }
  /** Meant to end here: the loop guard, or the allowlist. */
  | { readonly kind: 'filtered'; readonly reason: string }
  /** Can never be accepted. */
  | { readonly kind: 'refused'; readonly status: number; readonly reason: string }
  /** Not stored; it may be later. */
  | { readonly kind: 'again'; readonly reason: string }

export interface AudienceDescription {
  readonly name: string
  readonly computation_id: string | null
  readonly computation_key: string | null
  readonly space_id: string | null
  readonly settings: Data
}

export interface Core {
  /** @throws a failure, SETTINGS_INVALID */
  connect(settings: object, post: Post, now: () => number): Link
  /** One signed POST; results by position. Memberships that nobody can read are refused before it. @throws a failure */
  send(
    link: Link,
    messages: readonly Data[],
    as: 'message' | 'membership',
  ): Promise<MessageResult[]>
  /** @throws a failure that says what to change */
  ping(link: Link): Promise<void>
  createAudience(link: Link, audience: AudienceDescription): Promise<string>
  /** Null when the store has no such audience. */
  findAudience(link: Link, id: string): Promise<string | null>
  /** The trait that Segment computed, when the message is about one. */
  computedTrait(message: Data): { readonly name: string; readonly value: unknown } | null
  failure(code: 'UNAVAILABLE' | 'TIMED_OUT', message: string): Error
  /** The code of a failure; null for any other error. */
  codeOf(error: unknown): string | null
}
