// The frame of the settings: one page for each question, side by side.
import type { PropsWithChildren } from 'hono/jsx'
import type { ListedSecret } from '../api-types.ts'
import type { Viewer } from '../viewer.ts'
import { Frame } from './layout.tsx'

const TABS = [
  { href: '/settings', name: 'Account' },
  { href: '/settings/secrets', name: 'Signing secrets' },
  { href: '/settings/api-keys', name: 'API keys' },
  { href: '/settings/retention', name: 'Retention' },
  { href: '/settings/audit-log', name: 'Audit log' },
] as const
export type SettingsPath = (typeof TABS)[number]['href']

export interface SettingsFrameProps {
  readonly viewer: Viewer
  readonly at: SettingsPath
  /** Seconds after which the page is read again. */
  readonly refreshSeconds?: number
}

export function SettingsFrame(props: PropsWithChildren<SettingsFrameProps>) {
  const { viewer, at, refreshSeconds, children } = props
  const title = TABS.find(({ href }) => href === at)?.name ?? 'Settings'
  return (
    <Frame
      viewer={viewer}
      title={title}
      at="/settings"
      {...(refreshSeconds === undefined ? {} : { refreshSeconds })}
    >
      <nav class="tabs" aria-label="Settings">
        {TABS.map(({ href, name }) => (
          <a href={href} aria-current={href === at ? 'page' : undefined}>
            {name}
          </a>
        ))}
      </nav>
      {children}
    </Frame>
  )
}

/** What the store would not do, in its words, where it was asked for. */
export function Fault({ message }: { readonly message: string | null }) {
  return message === null ? null : (
    <p class="fault" role="alert">
      {message}
    </p>
  )
}

/** Whether a secret or a key was made here or stands in a variable of the store. */
export function Source({ source }: { readonly source: ListedSecret['source'] }) {
  return source === 'store' ? (
    <span class="tag tag-changed beside">made here</span>
  ) : (
    <span class="tag beside">variable</span>
  )
}

/** A secret that is shown now and never again. */
export function ShownOnce({ label, text }: { readonly label: string; readonly text: string }) {
  return (
    <div class="shown-once">
      <span class="shown-once-label" id="shown-once-label">
        {label}
      </span>
      <output id="shown-once" aria-labelledby="shown-once-label">
        {text}
      </output>
      <button type="button" data-copy="shown-once" hidden>
        Copy
      </button>
    </div>
  )
}
