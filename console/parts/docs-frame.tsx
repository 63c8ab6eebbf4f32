// The frame of a page that everybody may read: the console's own for who is signed in, a plain one otherwise.
import type { PropsWithChildren } from 'hono/jsx'
import type { Look, Viewer } from '../viewer.ts'
import { Document, Frame, Mark } from './layout.tsx'

export interface DocsProps {
  /** Null for who is not signed in. */
  readonly viewer: Viewer | null
  readonly look: Look
}

type FrameProps = DocsProps & { readonly title: string; readonly at: string }

export function DocsFrame({ viewer, look, title, at, children }: PropsWithChildren<FrameProps>) {
  const chooser = <Chooser at={at} />
  if (viewer)
    return (
      <Frame viewer={viewer} title={title} at="/docs/api" actions={chooser}>
        {children}
      </Frame>
    )
  return (
    <Document look={look} title={title}>
      <a class="skip" href="#main">
        Skip to content
      </a>
      <header class="docs-bar">
        <a class="brand" href="/">
          <Mark />
          <span>TrackLayer</span>
        </a>
        <a href="/sign-in">Sign in</a>
      </header>
      <main id="main" class="docs-alone" tabindex={-1}>
        <header class="page-head">
          <h1>{title}</h1>
          <div class="actions">{chooser}</div>
        </header>
        {children}
      </main>
    </Document>
  )
}

const PAGES = [
  { href: '/docs/api', name: 'API' },
  { href: '/docs/errors', name: 'Codes' },
] as const

function Chooser({ at }: { readonly at: string }) {
  return (
    <nav class="choice" aria-label="Documentation">
      {PAGES.map(({ href, name }) => (
        <a
          href={href}
          aria-current={href === at ? 'page' : at.startsWith(href) ? 'true' : undefined}
        >
          {name}
        </a>
      ))}
    </nav>
  )
}
