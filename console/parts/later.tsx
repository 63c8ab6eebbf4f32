// A number that takes the database a while: the page comes without it, and the script fetches it from the page that shows
// it. Without script it is a link to that page.
import type { PropsWithChildren } from 'hono/jsx'

export interface LaterProps {
  /** Address of the page. */
  readonly from: string
  /** Id of the element there whose content is shown here. */
  readonly part: string
  /** False for what takes many seconds: it stays a link. */
  readonly atOnce: boolean
}

export function Later({ from, part, atOnce, children }: PropsWithChildren<LaterProps>) {
  return (
    <span class="later" data-later={atOnce ? from : undefined} data-part={part}>
      <a href={from}>{children}</a>
    </span>
  )
}
