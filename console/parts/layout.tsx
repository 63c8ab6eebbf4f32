// The frame of every page: where one is, who one is, and a search that reaches everything.
import { html } from 'hono/html'
import type { Child, PropsWithChildren } from 'hono/jsx'
import { FORM_FIELD } from '../form-token.ts'
import type { Look, Viewer } from '../viewer.ts'
import { Icon, type IconName } from './icons.tsx'

const PAGES: readonly { readonly href: string; readonly icon: IconName; readonly name: string }[] =
  [
    { href: '/', icon: 'overview', name: 'Overview' },
    { href: '/events', icon: 'events', name: 'Events' },
    { href: '/destinations', icon: 'destinations', name: 'Destinations' },
    { href: '/dead-letters', icon: 'dead-letters', name: 'Dead letters' },
    { href: '/audiences', icon: 'audiences', name: 'Audiences' },
    { href: '/profiles', icon: 'profiles', name: 'Profiles' },
    { href: '/mappings', icon: 'mappings', name: 'Mappings' },
    { href: '/consent', icon: 'consent', name: 'Consent' },
    { href: '/settings', icon: 'settings', name: 'Settings' },
    { href: '/docs/api', icon: 'docs', name: 'API' },
  ]

export interface FrameProps {
  readonly viewer: Viewer
  readonly title: string
  /** Address of the page's entry in the navigation. */
  readonly at: string
  /** Beside the title: what can be chosen or done. */
  readonly actions?: Child
  /** Seconds after which the page is read again, while nobody writes in it. */
  readonly refreshSeconds?: number
}

export function Frame(props: PropsWithChildren<FrameProps>) {
  const { viewer, title, at, actions, refreshSeconds, children } = props
  return (
    <Document look={viewer.look} title={`${title} · ${viewer.environment}`}>
      <a class="skip" href="#main">
        Skip to content
      </a>
      <div class="frame">
        <Sidebar viewer={viewer} at={at} />
        <div class="column">
          <TopBar />
          <main id="main" tabindex={-1} data-refresh={refreshSeconds}>
            <header class="page-head">
              <h1>{title}</h1>
              <div class="actions">{actions}</div>
            </header>
            {children}
          </main>
          <p class="answered" data-answered="">
            &nbsp;
          </p>
        </div>
      </div>
    </Document>
  )
}

export function Document({
  look,
  title,
  children,
}: PropsWithChildren<{ readonly look: Look; readonly title: string }>) {
  return html`<!doctype html>
${(
  <html lang="en" data-theme={look.theme ?? undefined} data-zone={look.zone}>
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <title>{`${title} · TrackLayer`}</title>
      <link rel="icon" type="image/svg+xml" href={look.assetPath('icon.svg')} />
      <link rel="stylesheet" href={look.assetPath('console.css')} />
      <script type="module" src={look.assetPath('console.js')} />
    </head>
    <body>{children}</body>
  </html>
)}`
}

function Sidebar({ viewer, at }: { readonly viewer: Viewer; readonly at: string }) {
  return (
    <nav class="sidebar" aria-label="Pages">
      <a class="brand" href="/">
        <Mark />
        <span>TrackLayer</span>
      </a>
      <ul>
        {PAGES.map(({ href, icon, name }) => (
          <li>
            <a href={href} aria-current={href === at ? 'page' : undefined}>
              <Icon name={icon} />
              <span>{name}</span>
            </a>
          </li>
        ))}
      </ul>
      <Person viewer={viewer} />
    </nav>
  )
}

function Person({ viewer: { environment, actor, role, formToken } }: { readonly viewer: Viewer }) {
  return (
    <div class="person">
      <p>
        <span class="environment">{environment}</span>
        <span class="who" title={actor}>
          {actor} · {role}
        </span>
      </p>
      <div class="person-actions">
        <button class="quiet" type="button" data-theme-toggle hidden title="Light or dark">
          <Icon name="sun" />
          <span class="aloud">Change between light and dark</span>
        </button>
        <form method="post" action="/sign-out">
          <FormToken token={formToken} />
          <button class="quiet" type="submit" title="Sign out">
            <Icon name="out" />
            <span class="aloud">Sign out</span>
          </button>
        </form>
      </div>
    </div>
  )
}

function TopBar() {
  return (
    <search class="top-bar">
      <form method="get" action="/events">
        <Icon name="search" />
        <label class="aloud" for="search">
          Search
        </label>
        <input
          id="search"
          name="q"
          type="search"
          placeholder="Order, event id, message id or person"
          autocomplete="off"
          spellcheck={false}
          data-search
        />
        <span class="key" aria-hidden="true">
          /
        </span>
      </form>
    </search>
  )
}

/** Three layers, the middle one ours. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 24 24" width="22" height="22" aria-hidden="true">
      <path class="mark-back" d="m12 12.500 9 4.500-9 4.500L3 17Z" />
      <path class="mark-middle" d="m12 7.500 9 4.500-9 4.500L3 12Z" />
      <path class="mark-front" d="m12 2.500 9 4.500-9 4.500L3 7Z" />
    </svg>
  )
}

export function FormToken({ token }: { readonly token: string }) {
  return <input type="hidden" name={FORM_FIELD} value={token} />
}

/** What stands where nothing is: why, and the next step. */
export function Empty({ title, children }: PropsWithChildren<{ readonly title: string }>) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      <p>{children}</p>
    </div>
  )
}
