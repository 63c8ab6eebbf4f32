import { Document, Frame } from '../parts/layout.tsx'
import type { Look, Viewer } from '../viewer.ts'

export interface ErrorProps {
  /** Null before anybody has signed in. */
  readonly viewer: Viewer | null
  readonly look: Look
  readonly title: string
  readonly message: string
  readonly fix: string
  /** The store's own, which has a page. */
  readonly code?: string
}

export function ErrorPage({ viewer, look, title, message, fix, code }: ErrorProps) {
  const words = (
    <div class="empty">
      <p class="empty-title">{message}</p>
      <p>{fix}</p>
      {code === undefined ? null : (
        <p>
          <a href={`/docs/errors/${code}`}>About {code}</a>
        </p>
      )}
    </div>
  )
  if (viewer)
    return (
      <Frame viewer={viewer} title={title} at="">
        {words}
      </Frame>
    )
  return (
    <Document look={look} title={title}>
      <main class="sign-in">
        <h1>{title}</h1>
        {words}
        <p>
          <a href="/sign-in">Sign in</a>
        </p>
      </main>
    </Document>
  )
}
