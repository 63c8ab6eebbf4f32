// Builds what runs inside Segment: one self-contained file a function, ready to paste into the Functions editor.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { build, type Plugin } from 'esbuild'
import { needsKey } from '../core/pii/compile.ts'
import { compileMappings, describeEvents, type MappingModules, mappingsPlugin } from './mappings.ts'
import { writeOutput } from './write-output.ts'

const DESTINATION_HANDLERS = [
  'onTrack',
  'onIdentify',
  'onPage',
  'onScreen',
  'onGroup',
  'onAlias',
  'onDelete',
  'onBatch',
]
const FUNCTIONS: Record<string, FunctionKind> = {
  destination: { handlers: DESTINATION_HANDLERS, destination: 'tracklayer', isProtecting: true },
  source: { handlers: ['onRequest'], isProtecting: false },
  // One file for both kinds of insert function. The page on source insert functions calls the handler of identifies
  // `onIdentity`; both names are there.
  insert: { handlers: [...DESTINATION_HANDLERS, 'onIdentity'], isProtecting: true },
}

interface FunctionKind {
  readonly handlers: readonly string[]
  /** The one destination it sends to, by its name in mappings/pii.yaml; an insert function may stand before any. */
  readonly destination?: string
  /** Whether the PII policy runs in it. */
  readonly isProtecting: boolean
}

// Asked for only where the policy has a keyed action.
const PII_KEY_SETTING = {
  name: 'piiKey',
  label: 'PII key',
  description: 'Secret of keyed hashes and tokens; the same in every function, and never changed',
  type: 'STRING',
  required: true,
  sensitive: true,
}

export interface BuildOptions {
  /** The product's own folder (core, functions), absolute. */
  readonly root: string
  /** Folder with events.yaml, absolute. */
  readonly mappingsDir: string
  /** Where the output goes, absolute; `dist` by default. */
  readonly outDir: string
}

export interface BuiltFile {
  /** Relative to the output folder. */
  readonly file: string
  readonly bytes: number
}

/**
 * Writes `functions/*.js`, their settings schemas, the compiled `mappings/*.js` and the mapping table as people read it
 * (`mappings/events.json`) into the output folder.
 */
export async function buildFunctions(options: BuildOptions): Promise<BuiltFile[]> {
  const mappings = compileMappings(options)
  const built: BuiltFile[] = []
  for (const [name, kind] of Object.entries(FUNCTIONS)) {
    const modules = mappings.modulesFor(kind.destination)
    const code = await bundleFunction(options, name, kind.handlers, modules)
    built.push(writeOutput(options, `functions/${name}.js`, code))
    const isKeyed = kind.isProtecting && needsKey(mappings.pii)
    built.push(
      writeOutput(options, `functions/${name}.settings.json`, settingsOf(options, name, isKeyed)),
    )
  }
  for (const name of ['events', 'tracking-plan']) {
    const code = await bundleMapping(options, name, mappings.modulesFor())
    built.push(writeOutput(options, `mappings/${name}.js`, code))
  }
  built.push(writeOutput(options, 'mappings/events.json', JSON.stringify(describeEvents(options))))
  return built
}

function settingsOf({ root }: BuildOptions, name: string, isKeyed: boolean): string {
  const text = readFileSync(path.join(root, 'functions', name, 'settings.json'), 'utf8')
  if (!isKeyed) return text
  return `${JSON.stringify([...JSON.parse(text), PII_KEY_SETTING], null, 2)}\n`
}

// The host passes the handlers' names as parameters of the wrapper it puts around the file: only a function
// declaration (or var) may bear such a name, so the bundle is one object and the declarations call it.
//
// The built-in objects it uses become parameters too: in the host's vm realm every look-up of a global goes through an
// interceptor, and a batch makes thousands (69 → 54 µs an event).
const BUILT_INS = 'Array,Date,Error,JSON,Map,Math,Number,Object,Promise,RegExp,Set,String'

async function bundleFunction(
  { root }: BuildOptions,
  name: string,
  handlers: readonly string[],
  modules: MappingModules,
): Promise<string> {
  const declarations = handlers.map(
    (handler) => `function ${handler}(a,b){return TrackLayer.${handler}(a,b)}`,
  )
  const code = await bundle({
    stdin: {
      contents: `import { ${handlers.join(', ')} } from './functions/${name}/index.ts'
        Object.assign(handlers, { ${handlers.join(', ')} })`,
      resolveDir: root,
      loader: 'ts',
    },
    format: 'iife',
    target: 'node18',
    platform: 'neutral',
    minify: true,
    plugins: [mappingsPlugin(modules, root), hostCrypto],
  })
  return [
    '// TrackLayer: built by `tracklayer build`; change mappings/ and build again.',
    `var TrackLayer={};((handlers,${BUILT_INS})=>{${code.trim()}})(TrackLayer,${BUILT_INS})`,
    ...declarations,
    '',
  ].join('\n')
}

/** The text of a CommonJS module with the compiled file `name` of mappings/ as default. */
export function bundleMapping(
  { root }: Pick<BuildOptions, 'root'>,
  name: string,
  modules: MappingModules,
): Promise<string> {
  return bundle({
    stdin: {
      contents: `export { default } from 'mappings/${name}.yaml'`,
      resolveDir: root,
      loader: 'ts',
    },
    format: 'cjs',
    target: 'node20.18',
    platform: 'node',
    plugins: [mappingsPlugin(modules, root)],
  })
}

// The Functions host gives Node's crypto as a global and has no require.
const hostCrypto: Plugin = {
  name: 'host-crypto',
  setup(setup) {
    setup.onResolve({ filter: /^(node:)?crypto$/ }, () => ({ path: 'crypto', namespace: 'host' }))
    setup.onLoad({ filter: /.*/, namespace: 'host' }, () => ({
      contents: 'export const { createHash, createHmac, timingSafeEqual } = crypto',
      loader: 'js',
    }))
  },
}

async function bundle(options: Parameters<typeof build>[0]): Promise<string> {
  const result = await build({ ...options, bundle: true, write: false, logLevel: 'silent' })
  const output = result.outputFiles?.[0]
  if (!output) throw new Error('esbuild gave no output')
  return output.text
}
