const HANDLERS: Readonly<Record<string, string>> = {
  identify: 'onIdentify',
  track: 'onTrack',
  page: 'onPage',
  screen: 'onScreen',
  group: 'onGroup',
  alias: 'onAlias',
  delete: 'onDelete',
}

/** The handler that takes a message of this type; undefined for a type the host does not dispatch. */
export function handlerFor(type: unknown): string | undefined {
  return typeof type === 'string' && Object.hasOwn(HANDLERS, type) ? HANDLERS[type] : undefined
}
