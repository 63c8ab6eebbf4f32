// Texts that must not lie open in the database: AES-256-GCM (NIST SP 800-38D), bound to the place they belong to. Keys
// overlap while one is rotated: the first seals, every one opens.
import { createCipheriv, createDecipheriv, createHash } from 'node:crypto'
import { TrackLayerError } from './errors.ts'

export const ENCRYPTION_KEY_VARIABLE = 'TRACKLAYER_ENCRYPTION_KEY'

export interface SealedText {
  /** Which key opens it: the beginning of a digest, which tells nothing of the key. */
  readonly keyId: string
  /** Nonce (12 bytes), tag (16 bytes), ciphertext. */
  readonly bytes: Uint8Array
}

export interface Vault {
  /** Of the key that seals. */
  readonly keyId: string
  /** @param place what the text belongs to, e.g. environment and destination; it opens nowhere else */
  seal(text: string, place: readonly string[]): SealedText
  /** @throws TrackLayerError SETTINGS_INVALID naming the variable when no key opens it */
  open(sealed: SealedText, place: readonly string[]): string
}

const NONCE_BYTES = 12
const TAG_BYTES = 16

/**
 * @param keys the variable's content: 64 hexadecimal digits each, newest first, separated by commas
 * @param randomBytes a cryptographic source; each text gets a nonce of its own (96 random bits: safe for 2^32 texts a key)
 * @throws TrackLayerError SETTINGS_INVALID naming the variable and the fix
 */
export function createVault(keys: string, randomBytes: (size: number) => Uint8Array): Vault {
  const ring = keys
    .split(',')
    .map((key) => key.trim())
    .filter(Boolean)
    .map(keyOf)
  const [newest] = ring
  if (!newest) throw invalid(`${ENCRYPTION_KEY_VARIABLE} is empty; ${MAKE_ONE}`)
  return {
    keyId: newest.id,
    seal(text, place) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', newest.key, nonce)
      cipher.setAAD(boundTo(place))
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return { keyId: newest.id, bytes: Buffer.concat([nonce, cipher.getAuthTag(), sealed]) }
    },
    open({ keyId, bytes }, place) {
      const found = ring.find(({ id }) => id === keyId)
      const where = place.join(' ')
      if (!found) {
        throw invalid(
          `The secret of ${where} is sealed with the key ${keyId}, and ${ENCRYPTION_KEY_VARIABLE} holds ${ring.map(({ id }) => id).join(', ')}; add the earlier key behind the newer one, separated by a comma`,
        )
      }
      return opened(found.key, bytes, place)
    },
  }
}

export const MAKE_ONE = 'make one with: openssl rand -hex 32'

function keyOf(text: string): { readonly id: string; readonly key: Buffer } {
  if (!/^[0-9a-f]{64}$/i.test(text)) {
    throw invalid(
      `${ENCRYPTION_KEY_VARIABLE} holds a key that is not 64 hexadecimal digits; ${MAKE_ONE}`,
    )
  }
  const key = Buffer.from(text, 'hex')
  const id = createHash('sha256').update('tracklayer key id').update(key).digest('hex').slice(0, 8)
  return { id, key }
}

function opened(key: Buffer, bytes: Uint8Array, place: readonly string[]): string {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    })
    decipher.setAAD(boundTo(place))
    decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
    const text = decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES))
    return Buffer.concat([text, decipher.final()]).toString('utf8')
  } catch (cause) {
    throw new TrackLayerError(
      'SETTINGS_INVALID',
      `The secret of ${place.join(' ')} was changed or moved in the database; connect the account again`,
      { cause },
    )
  }
}

// As JSON no two places have one text.
const boundTo = (place: readonly string[]): Buffer => Buffer.from(JSON.stringify(place))

function invalid(message: string): TrackLayerError {
  return new TrackLayerError('SETTINGS_INVALID', message)
}
