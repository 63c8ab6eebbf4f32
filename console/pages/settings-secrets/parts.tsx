// What the panels about secrets share: how much one has signed, and the button that retires it or accepts it again.
import { FormToken } from '../../parts/layout.tsx'
import { whole } from '../../parts/words.tsx'
import type { Viewer } from '../../viewer.ts'

export function requests(count: number): string {
  return `${whole(count)} ${count === 1 ? 'request' : 'requests'}`
}

export function Change({
  viewer,
  fingerprint,
  action,
  children,
}: {
  readonly viewer: Viewer
  readonly fingerprint: string
  readonly action: 'retire' | 'restore'
  readonly children?: string
}) {
  return (
    <form method="post" action={`/settings/secrets/${fingerprint}/${action}`}>
      <FormToken token={viewer.formToken} />
      <button type="submit" aria-label={`${children} ${fingerprint}`}>
        {children}
      </button>
    </form>
  )
}
