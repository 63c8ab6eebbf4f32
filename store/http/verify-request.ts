// The order of checks of a signed request (design 3.4): headers, account and environment, signature, then freshness.
import { HEADERS, isFresh, type SignedContent, verify } from '../../core/signature.ts'
import { type Access, sameText } from '../access.ts'

export type Verdict =
  /** `secret` is the live one that signed. */
  | { readonly kind: 'verified'; readonly environment: string; readonly secret: string }
  /** `message` may go to the sender; `log` says which check failed and stays here. */
  | { readonly kind: 'refused'; readonly message: string; readonly log: string }

const REFUSED = 'Signature does not match: check account, environment and secret'

/** @param header reads a request header, case-insensitively; @param body the bytes as received */
export function verifyRequest(
  access: Access,
  header: (name: string) => string | undefined,
  body: Uint8Array,
  nowMs: number,
): Verdict {
  const missing = Object.values(HEADERS).find((name) => !header(name))
  if (missing)
    return { kind: 'refused', message: `Header ${missing} is missing`, log: `${missing} missing` }
  const account = header(HEADERS.account) ?? ''
  const environment = header(HEADERS.environment) ?? ''
  const timestamp = header(HEADERS.timestamp) ?? ''
  const known = access.environments.find(({ name }) => name === environment)
  if (!sameText(account, access.account))
    return { kind: 'refused', message: REFUSED, log: 'another account' }
  if (!known) return { kind: 'refused', message: REFUSED, log: 'unknown environment' }
  const content = { timestamp, account, environment, body }
  if (!verify(known.secrets, content, header(HEADERS.signature) ?? '')) {
    const log = `no live secret of ${known.name} (${known.secrets.length}) made the signature`
    return { kind: 'refused', message: REFUSED, log }
  }
  if (!isFresh(timestamp, nowMs)) {
    const message = `${HEADERS.timestamp} is more than 5 minutes from the store's clock`
    return { kind: 'refused', message, log: `stale timestamp in ${known.name}` }
  }
  return {
    kind: 'verified',
    environment: known.name,
    secret: signerOf(known.secrets, content, header),
  }
}

// Asked only while several are live, and only of a request that is verified: nobody else can learn from the time it takes.
function signerOf(
  secrets: readonly string[],
  content: SignedContent,
  header: (name: string) => string | undefined,
): string {
  const signature = header(HEADERS.signature) ?? ''
  const signer =
    secrets.length > 1 ? secrets.find((secret) => verify([secret], content, signature)) : undefined
  return signer ?? (secrets[0] as string)
}
