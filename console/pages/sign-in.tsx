import { Document, FormToken, Mark } from '../parts/layout.tsx'
import type { Look } from '../viewer.ts'

export interface SignInProps {
  readonly look: Look
  readonly formToken: string
  /** Path to go to afterwards. */
  readonly to: string
  readonly link?: string
  readonly fault?: string
}

export function SignInPage({ look, formToken, to, link, fault }: SignInProps) {
  return (
    <Document look={look} title="Sign in">
      <main class="sign-in">
        <p class="brand">
          <Mark />
          <span>TrackLayer</span>
        </p>
        <h1>Sign in</h1>
        {fault ? (
          <p class="fault" role="alert">
            {fault}
          </p>
        ) : null}
        {link === undefined ? (
          <KeyForm {...{ formToken, to }} />
        ) : (
          <LinkForm {...{ formToken, link, to }} />
        )}
      </main>
    </Document>
  )
}

function KeyForm({ formToken, to }: { readonly formToken: string; readonly to: string }) {
  return (
    <form method="post" action="/sign-in" class="stack">
      <FormToken token={formToken} />
      <input type="hidden" name="to" value={to} />
      <label for="api-key">API key of the environment</label>
      <input id="api-key" name="api_key" type="password" autocomplete="current-password" required />
      <button class="primary" type="submit">
        Sign in
      </button>
      <p class="hint">
        On this machine <code>npm start</code> prints a link that signs you in. Elsewhere an admin
        makes one with <code>POST /v1/sign-in-links</code>.
      </p>
    </form>
  )
}

function LinkForm({
  formToken,
  link,
  to,
}: {
  readonly formToken: string
  readonly link: string
  readonly to: string
}) {
  return (
    <form method="post" action="/sign-in" class="stack" data-submit-at-once>
      <FormToken token={formToken} />
      <input type="hidden" name="link" value={link} />
      <input type="hidden" name="to" value={to} />
      <p>This link signs you in once, on this browser, for twelve hours.</p>
      <button class="primary" type="submit">
        Continue
      </button>
    </form>
  )
}
