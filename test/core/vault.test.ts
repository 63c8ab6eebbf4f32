import { randomBytes } from 'node:crypto'
import { createVault } from '../../core/vault.ts'

const KEY = '01'.repeat(32)
const PLACE = ['production', 'google-ads']

describe('createVault()', () => {
  test('opens what it sealed, and never seals twice alike', () => {
    const vault = createVault(KEY, randomBytes)
    const [one, two] = [vault.seal('a secret, ü', PLACE), vault.seal('a secret, ü', PLACE)]
    expect(vault.open(one, PLACE)).toBe('a secret, ü')
    expect(one.keyId).toBe(two.keyId)
    expect(Buffer.from(one.bytes).equals(two.bytes)).toBe(false)
  })

  test('opens nothing that was changed in any byte, or moved', () => {
    const vault = createVault(KEY, randomBytes)
    const { keyId, bytes } = vault.seal('secret', PLACE)
    for (let at = 0; at < bytes.length; at++) {
      const changed = Uint8Array.from(bytes, (byte, place) => (place === at ? byte ^ 1 : byte))
      expect(() => vault.open({ keyId, bytes: changed }, PLACE)).toThrow('was changed or moved')
    }
    expect(() => vault.open({ keyId, bytes }, ['production google', 'ads'])).toThrow()
    expect(() => vault.open({ keyId, bytes: bytes.subarray(0, 20) }, PLACE)).toThrow(
      'was changed or moved',
    )
  })

  test.each([
    ['', 'TRACKLAYER_ENCRYPTION_KEY is empty; make one with: openssl rand -hex 32'],
    ['abc', 'TRACKLAYER_ENCRYPTION_KEY holds a key that is not 64 hexadecimal digits'],
    [`${KEY},x`, 'TRACKLAYER_ENCRYPTION_KEY holds a key that is not 64 hexadecimal digits'],
  ])('refuses the keys %j', (keys, message) => {
    expect(() => createVault(keys, randomBytes)).toThrow(message)
  })
})
