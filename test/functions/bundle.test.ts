// The built files themselves: what is pasted into the Functions editor.

import nodeCrypto from 'node:crypto'
import { readFileSync } from 'node:fs'
import vm from 'node:vm'
import { transform } from 'esbuild'
import { canonicalJson } from '../../core/canonical-json.ts'
import { signedHeaders } from '../../core/signature.ts'
import {
  ACCOUNT,
  BUNDLES,
  ENVIRONMENT,
  order,
  RETURN_SECRET,
  useFunctionStage,
} from '../support/function-stage.ts'

const stage = useFunctionStage()

const HANDLERS = {
  destination: [
    'onAlias',
    'onBatch',
    'onDelete',
    'onGroup',
    'onIdentify',
    'onPage',
    'onScreen',
    'onTrack',
  ],
  source: ['onRequest'],
  insert: [
    'onAlias',
    'onBatch',
    'onDelete',
    'onGroup',
    'onIdentify',
    'onIdentity',
    'onPage',
    'onScreen',
    'onTrack',
  ],
}
const KINDS = ['destination', 'source', 'insert'] as const
type Kind = (typeof KINDS)[number]

const codeOf = (kind: Kind) => readFileSync(BUNDLES[kind], 'utf8')

interface Setting {
  readonly name: string
  readonly type: string
  readonly sensitive: boolean
}

function settingsOf(kind: Kind): Setting[] {
  return JSON.parse(readFileSync(BUNDLES[kind].replace(/\.js$/, '.settings.json'), 'utf8'))
}

/** The bundle evaluated in a bare context: the language itself, and the given globals. */
function evaluate(kind: Kind, globals: object): Record<string, (...args: unknown[]) => unknown> {
  const context = vm.createContext({ ...globals })
  vm.runInContext(codeOf(kind), context)
  return context as ReturnType<typeof evaluate>
}

describe.each(KINDS)('the %s bundle', (kind) => {
  test('defines exactly the handlers, as plain function declarations', () => {
    const declared = [...codeOf(kind).matchAll(/^(.*?)\b(on[A-Z]\w*)\(a,b\)\{/gm)]
    expect(declared.map(([, before, name]) => `${before}${name}`).sort()).toEqual(
      HANDLERS[kind].map((name) => `function ${name}`),
    )
    const defined = Object.keys(evaluate(kind, { crypto: nodeCrypto }))
    expect(defined.sort()).toEqual(['TrackLayer', 'crypto', ...HANDLERS[kind]])
  })

  test('loads where nothing but the language and crypto is at hand', () => {
    const globals = evaluate(kind, { crypto: nodeCrypto })
    for (const name of HANDLERS[kind]) expect(typeof globals[name]).toBe('function')
  })

  test('speaks of no module system, no process and no way out of the realm', () => {
    const words =
      /\b(require|import|export|module|exports|process|global|globalThis|window|eval|Function|setTimeout|setInterval|AbortController|structuredClone|TextEncoder|performance)\b(?!")/
    expect(codeOf(kind).match(words)?.[0]).toBeUndefined()
    expect(codeOf(kind)).not.toContain('fn.segmentapis.com')
  })

  test('is one text that any editor takes', () => {
    const code = codeOf(kind)
    expect(code.startsWith('// TrackLayer: built by')).toBe(true)
    // No control character, byte order mark, line separator or half of a surrogate pair.
    expect(code.match(/[^\P{C}\n]|[\u2028\u2029]/u)?.[0]).toBeUndefined()
    expect(code.match(/sourceMappingURL|\.\.\/|\/work\//)?.[0]).toBeUndefined()
  })

  // What esbuild would rewrite for Node 18 is what Node 18 does not know.
  test('keeps to the syntax of Node 18', async () => {
    const to = (target: string) => transform(codeOf(kind), { target, loader: 'js' })
    const [old, next] = await Promise.all([to('node18'), to('esnext')])
    expect(old.code).toBe(next.code)
    expect(old.warnings).toEqual([])
  })

  test('keeps to the methods of Node 18', () => {
    const later =
      /\.(toSorted|toReversed|toSpliced|with|groupBy|isWellFormed|toWellFormed|withResolvers|fromAsync|union|difference|intersection)\(/
    expect(codeOf(kind).match(later)?.[0]).toBeUndefined()
  })

  test('is small', () => {
    // Of the insert function, 17 KB are the sample plan of 42 events.
    const limit = { destination: 24, source: 6, insert: 26 }[kind] * 1024
    expect(Buffer.byteLength(codeOf(kind))).toBeLessThanOrEqual(limit)
  })
})

test('a request leaves the host time to take its failure, and follows nobody', async () => {
  const asked: { timeout?: number; redirect?: string }[] = []
  const settings = { account: ACCOUNT, environment: ENVIRONMENT, secret: RETURN_SECRET }
  const fetch = async (_url: string, init: object) => {
    asked.push(init)
    return { status: 200, text: async () => '{"results":[{"status":200}]}' }
  }
  const { onTrack } = evaluate('destination', { crypto: nodeCrypto, fetch })
  await onTrack?.(order('m1'), { ...settings, storeUrl: 'https://store.invalid' })
  expect(asked).toMatchObject([{ timeout: 4500, redirect: 'manual' }])
})

test('the workspace sees the same handlers', async () => {
  const { workspace } = await stage()
  const common = { settings: {}, maxContainers: 1 }
  const destination = await workspace.addDestinationFunction({
    name: 'd',
    file: BUNDLES.destination,
    sources: [],
    ...common,
  })
  const source = await workspace.addSourceFunction({ name: 's', file: BUNDLES.source, ...common })
  expect([...destination.handlers].sort()).toEqual(HANDLERS.destination)
  expect(source.handlers).toEqual(HANDLERS.source)
})

describe.each(KINDS)('the settings of the %s function', (kind) => {
  test('have the form the Public API asks for', () => {
    for (const setting of settingsOf(kind)) {
      expect(setting).toEqual({
        name: expect.stringMatching(/^[a-z][A-Za-z0-9]*$/),
        label: expect.stringMatching(/\S/),
        description: expect.stringMatching(/\S/),
        type: expect.stringMatching(/^(STRING|BOOLEAN|ARRAY|TEXT_MAP)$/),
        required: expect.any(Boolean),
        sensitive: expect.any(Boolean),
      })
    }
    const names = settingsOf(kind).map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
  })

  test('hide every secret, and nothing else', () => {
    for (const { name, sensitive } of settingsOf(kind)) {
      expect([name, sensitive]).toEqual([name, /secret|token|password|key/i.test(name)])
    }
  })

  test('are just those the code reads', async () => {
    const read = new Set<string>()
    const run = { destination: runDestination, source: runSource, insert: runInsert }[kind]
    await run(watched(settingsOf(kind), read))
    expect([...read].sort()).toEqual(
      settingsOf(kind)
        .map(({ name }) => name)
        .sort(),
    )
  })
})

/** Settings filled in that note which of them is read, declared or not. */
function watched(settings: readonly Setting[], read: Set<string>): object {
  const values: Record<string, unknown> = {
    storeUrl: 'https://store.invalid',
    account: ACCOUNT,
    environment: ENVIRONMENT,
    secret: RETURN_SECRET,
  }
  for (const { name, type } of settings) values[name] ??= type === 'ARRAY' ? [] : 'x'
  return new Proxy(values, {
    get(target, name) {
      read.add(String(name))
      return target[String(name)]
    },
  })
}

async function runDestination(settings: object): Promise<void> {
  const sent: string[] = []
  const answer = JSON.stringify({ results: [{ status: 200 }] })
  const fetch = async (url: string) => {
    sent.push(url)
    return { status: 200, text: async () => answer }
  }
  const bundle = evaluate('destination', { crypto: nodeCrypto, fetch })
  await bundle.onTrack?.(order('m1'), settings)
  await bundle.onBatch?.([order('m1')], settings)
  expect(sent).toHaveLength(2)
}

async function runInsert(settings: object): Promise<void> {
  const fetch = async () => ({ status: 200, text: async () => '' })
  const bundle = evaluate('insert', { crypto: nodeCrypto, fetch, console: { warn() {} } })
  await bundle.onTrack?.(order('m1'), settings)
  await bundle.onBatch?.([order('m1')], settings)
}

async function runSource(settings: object): Promise<void> {
  const emitted: unknown[] = []
  const body = { batch: [{ type: 'identify', userId: 'u' }] }
  const timestamp = new Date().toISOString()
  const headers = new Headers(
    signedHeaders([RETURN_SECRET], {
      timestamp,
      account: ACCOUNT,
      environment: ENVIRONMENT,
      body: canonicalJson(body),
    }),
  )
  const Segment = { identify: (message: unknown) => emitted.push(message) }
  const bundle = evaluate('source', { crypto: nodeCrypto, Buffer, Segment })
  await bundle.onRequest?.({ json: () => body, headers }, settings)
  expect(emitted).toEqual([{ userId: 'u' }])
}
