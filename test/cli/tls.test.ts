// The store's own HTTPS: real files, a real process, certificates of the local authority.
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import https from 'node:https'
import os from 'node:os'
import path from 'node:path'
import type { TLSSocket } from 'node:tls'
import { readIdentity } from '../../cli/tls/identity-files.ts'
import { createLocalAuthority, type TlsIdentity } from '../../cli/tls/local-authority.ts'
import { type RunningProgram, startProgram } from '../e2e/processes.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { databaseUrl } from '../support/database-url.ts'
import { until } from '../support/until.ts'

const authority = createLocalAuthority(Date.now())
const directory = mkdtempSync(path.join(os.tmpdir(), 'tracklayer-tls-'))
const certFile = path.join(directory, 'cert.pem')
const keyFile = path.join(directory, 'key.pem')

let database: TestDatabase
beforeAll(async () => {
  database = await openTestDatabase()
})
afterAll(async () => {
  rmSync(directory, { recursive: true })
  await database.close()
})

function write({ cert, key }: TlsIdentity): void {
  writeFileSync(certFile, cert)
  writeFileSync(keyFile, key)
}

interface Got {
  readonly status: number | undefined
  readonly serial: string
}

function get(url: string, agent: https.Agent): Promise<Got> {
  return new Promise((resolve, reject) => {
    const request = https.get(`${url}/healthz`, { agent }, (response) => {
      const serial = (response.socket as TLSSocket).getPeerCertificate().serialNumber
      response.resume()
      response.once('end', () => resolve({ status: response.statusCode, serial }))
    })
    request.once('error', reject)
  })
}

test('certificates of the local authority stand before OpenSSL', () => {
  const { cert } = authority.issue(['store.example.test', '127.0.0.1', '::1'])
  const certificate = new X509Certificate(cert)
  const root = new X509Certificate(authority.certificate)
  expect(certificate.verify(root.publicKey)).toBe(true)
  expect(certificate.checkIssued(root)).toBe(true)
  expect(root.ca && !certificate.ca).toBe(true)
  expect(certificate.checkHost('store.example.test')).toBe('store.example.test')
  expect([certificate.checkIP('127.0.0.1'), certificate.checkIP('::1')]).toEqual([
    '127.0.0.1',
    '::1',
  ])
})

test('a key of another certificate is refused before anything listens', () => {
  write({ cert: authority.issue(['a.test']).cert, key: authority.issue(['b.test']).key })
  expect(() => readIdentity({ certFile, keyFile })).toThrow(/is not the key of/)
})

test('a renewed certificate is served without dropping a connection; half of one changes nothing', async () => {
  const [first, renewed] = [authority.issue(['127.0.0.1']), authority.issue(['127.0.0.1'])]
  const [firstSerial, renewedSerial] = [first, renewed].map(
    ({ cert }) => new X509Certificate(cert).serialNumber,
  )
  write(first)
  const store: RunningProgram = await startProgram(
    ['store', 'serve', '--json', '--port', '0', '--tls-cert', certFile, '--tls-key', keyFile],
    {
      TRACKLAYER_ACCOUNT: 'acct_live_123',
      TRACKLAYER_SECRET_PRODUCTION: 'production-secret-0001',
      DATABASE_URL: databaseUrl(database.connection),
    },
  )
  const kept = new https.Agent({ ca: authority.certificate, keepAlive: true, maxSockets: 1 })
  const fresh = () => new https.Agent({ ca: authority.certificate })
  try {
    const url = String(store.ready.url)
    expect(url).toMatch(/^https:/)
    expect(await get(url, kept)).toEqual({ status: 200, serial: firstSerial })
    await expect(get(url, new https.Agent())).rejects.toThrow(/certificate/)
    writeFileSync(certFile, renewed.cert)
    expect((await get(url, fresh())).serial).toBe(firstSerial)
    writeFileSync(keyFile, renewed.key)
    await until(async () => (await get(url, fresh())).serial === renewedSerial)
    // The connection that stood through it still carries requests.
    expect(await get(url, kept)).toEqual({ status: 200, serial: firstSerial })
  } finally {
    kept.destroy()
    expect(await store.stop()).toBe(0)
  }
})
