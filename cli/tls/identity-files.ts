// The certificate and key of `store serve --tls-cert --tls-key`: read, checked against each other, and read again when a
// file changes, which is how every ACME client renews.
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync, unwatchFile, watchFile } from 'node:fs'
import { messageOf, TrackLayerError } from '../../core/errors.ts'
import type { Log } from '../output.ts'
import type { TlsIdentity } from './local-authority.ts'

export interface IdentityFiles {
  /** PEM, the server's certificate first, then the chain. */
  readonly certFile: string
  readonly keyFile: string
}

// Polled: a rename over the file, a changed link (Kubernetes) and a network folder all look the same this way.
const POLL_MS = 1000

/** @throws TrackLayerError SETTINGS_INVALID naming the file and the fault */
export function readIdentity({ certFile, keyFile }: IdentityFiles): TlsIdentity {
  const cert = read(certFile, '--tls-cert')
  const key = read(keyFile, '--tls-key')
  const certificate = parsed(certFile, () => new X509Certificate(cert))
  const privateKey = parsed(keyFile, () => createPrivateKey(key))
  if (certificate.checkPrivateKey(privateKey)) return { cert, key }
  throw invalid(`${keyFile} is not the key of ${certFile}; give the pair that belongs together`)
}

/**
 * Calls `onChange` with the new pair when a file changes. Halves of a renewal that do not belong together are waited out
 * with a warning, and the pair in use stays. Returns what ends the watch.
 */
export function watchIdentity(
  files: IdentityFiles,
  log: Log,
  onChange: (identity: TlsIdentity) => void,
): () => void {
  const reload = () => {
    try {
      const identity = readIdentity(files)
      onChange(identity)
      log('info', `certificate read again: valid to ${new X509Certificate(identity.cert).validTo}`)
    } catch (error) {
      log('warn', `certificate not read again, the one in use stays: ${messageOf(error)}`)
    }
  }
  const watched = [files.certFile, files.keyFile]
  for (const file of watched) watchFile(file, { interval: POLL_MS }, reload)
  return () => {
    for (const file of watched) unwatchFile(file, reload)
  }
}

function read(file: string, flag: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw invalid(`Cannot read ${file} (${flag}): ${messageOf(error)}`)
  }
}

function parsed<Value>(file: string, parse: () => Value): Value {
  try {
    return parse()
  } catch (error) {
    throw invalid(`${file} is no PEM file of the kind wanted: ${messageOf(error)}`)
  }
}

function invalid(message: string): TrackLayerError {
  return new TrackLayerError('SETTINGS_INVALID', message)
}
