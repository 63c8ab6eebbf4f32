// Builds what runs inside Segment: one self-contained file a function, ready to paste into the Functions editor.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { build, type Plugin } from 'esbuild'
import { compileEvents, mappingsPlugin } from './mappings.ts'
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
const FUNCTIONS: Record<string, readonly string[]> = {
  destination: DESTINATION_HANDLERS,
  source: ['onRequest'],
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

/** Writes `functions/*.js`, their settings schemas and `mappings/events.js` into the output folder. */
export async function buildFunctions(options: BuildOptions): Promise<BuiltFile[]> {
  const events = compileEvents(options)
  const built: BuiltFile[] = []
  for (const [name, handlers] of Object.entries(FUNCTIONS)) {
    built.push(
      writeOutput(
        options,
        `functions/${name}.js`,
        await bundleFunction(options, name, handlers, events),
      ),
    )
    const settings = path.join(options.root, 'functions', name, 'settings.json')
    built.push(
      writeOutput(options, `functions/${name}.settings.json`, readFileSync(settings, 'utf8')),
    )
  }
  built.push(writeOutput(options, 'mappings/events.js', await bundleTable(options, events)))
  return built
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
  events: string,
): Promise<string> {
  const declarations = handlers.map(
    (handler) => `function ${handler}(a,b){return TrackLayer.${handler}(a,b)}`,
  )
  const code = await bundle({
    entryPoints: [path.join(root, 'functions', name, 'index.ts')],
    format: 'iife',
    globalName: 'handlers',
    target: 'node18',
    platform: 'neutral',
    minify: true,
    plugins: [mappingsPlugin(events, root), hostCrypto],
  })
  return [
    '// TrackLayer: built by `tracklayer build`; change mappings/ and build again.',
    `var TrackLayer=((${BUILT_INS})=>{${code.trim()}return handlers})(${BUILT_INS})`,
    ...declarations,
    '',
  ].join('\n')
}

function bundleTable({ root }: BuildOptions, events: string): Promise<string> {
  return bundle({
    stdin: {
      contents: "export { default } from 'mappings/events.yaml'",
      resolveDir: root,
      loader: 'ts',
    },
    format: 'cjs',
    target: 'node20.18',
    platform: 'node',
    plugins: [mappingsPlugin(events, root)],
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
