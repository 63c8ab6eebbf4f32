// Settings of the insert function, read at every call: the host shares module state between instances.
export type Settings = Readonly<Record<string, unknown>> | null | undefined

export interface InsertSettings {
  /** Name in mappings/pii.yaml of the destination behind the function; empty when none is named. */
  readonly destination: string
  /** Write key of the source that gets `Violation Generated`; empty sends none. */
  readonly violationsWriteKey: string
  /** Without a slash at the end. */
  readonly trackingApi: string
  readonly raw: Settings
}

export function readSettings(settings: Settings): InsertSettings {
  const text = (name: string) => {
    const value = settings?.[name]
    return typeof value === 'string' ? value.trim() : ''
  }
  return {
    destination: text('destination'),
    violationsWriteKey: text('violationsWriteKey'),
    trackingApi: text('trackingApi').replace(/\/+$/, '') || 'https://api.segment.io',
    raw: settings,
  }
}
