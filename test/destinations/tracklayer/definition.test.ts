// The rules of the public action-destinations repository, played on the source and on the folder that is handed over.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fieldsToJsonSchema, type Preset, validateSchema } from '@segment/actions-core'
import { parseFql } from '@segment/destination-subscriptions'
import { definitionTypes } from '../../../build/definition-types.ts'
import { faultsOf } from '../validate-definition.ts'
import { BUILT_FOLDER, definition, SOURCE_FOLDER } from './tracklayer.ts'

const ROOT = path.join(SOURCE_FOLDER, '..', '..')
const FOLDERS = { source: SOURCE_FOLDER, built: BUILT_FOLDER }

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  )
}

const actions = Object.entries(definition.actions)

test('the definition passes the rules of actions-cli validate', () => {
  expect(faultsOf(definition)).toEqual([])
})

test('a fault is found: an audience field without a description', () => {
  const audienceFields = { ...definition.audienceFields, x: { label: 'X', type: 'string' } }
  expect(faultsOf({ ...definition, audienceFields })).toEqual(['audienceFields.x: no description'])
})

test('every schema key is a URI to fast-uri 3.1.6 and later', () => {
  // RFC 3986, 3.1: what stands before the colon of `<Destination>:<Action>` is read as a scheme.
  expect(definition.name).toMatch(/^[A-Za-z][A-Za-z0-9+.-]*$/)
  const titles = actions.map(([, { title }]) => title)
  expect(new Set(titles).size).toBe(titles.length)
})

test.each(actions)(
  'folder and fields of %s are named as the repository wants them',
  (slug, action) => {
    expect(slug).toMatch(/^[a-z]+([A-Z][a-z]+)*$/)
    for (const name of Object.keys(action.fields)) expect(name).toMatch(/^[a-z]+(_[a-z]+)*$/)
    for (const folder of Object.values(FOLDERS))
      expect(filesOf(folder)).toContain(path.join(slug, 'index.ts'))
  },
)

test('only the secret is a password, and no setting has a default', () => {
  const fields = Object.entries(definition.authentication?.fields ?? {})
  expect(fields.filter(([, { type }]) => type === 'password').map(([name]) => name)).toEqual([
    'secret',
  ])
  expect(fields.filter(([, field]) => field.default !== undefined)).toEqual([])
})

test.each(Object.entries(FOLDERS))('generated types are up to date: %s', (_name, folder) => {
  for (const [file, text] of Object.entries(definitionTypes(definition)))
    expect({ file, text: readFileSync(path.join(folder, file), 'utf8') }).toEqual({ file, text })
})

test('the parser of the repository reads every trigger', () => {
  const presets = (definition.presets ?? []) as Preset[]
  const triggers = [
    ...actions.map(([, { defaultSubscription = '' }]) => defaultSubscription),
    ...presets.flatMap((preset) => (preset.type === 'automatic' ? [preset.subscribe] : [])),
  ]
  expect(triggers).toHaveLength(9)
  for (const trigger of triggers) expect(parseFql(trigger)).not.toHaveProperty('error')
})

test('there is a preset for every announcement of memberships', () => {
  const slugs = definition.presets?.flatMap((preset) =>
    preset.type === 'specificEvent' ? [preset.eventSlug] : [],
  )
  expect(slugs).toEqual([
    'warehouse_audience_membership_changed_identify',
    'warehouse_audience_entered_track',
    'warehouse_audience_exited_track',
    'warehouse_entity_added_track',
    'warehouse_entity_removed_track',
    'journeys_step_entered_track',
  ])
})

test('actions-core refuses settings without a secret and takes whole ones', () => {
  const schema = fieldsToJsonSchema(definition.authentication?.fields)
  const whole = { storeUrl: 'https://s.example', account: 'a', environment: 'e', secret: 's' }
  const check = (settings: object) =>
    validateSchema(settings, schema, {
      schemaKey: `${definition.name}:settings`,
      throwIfInvalid: false,
    })
  expect([check(whole), check({ ...whole, secret: undefined })]).toEqual([true, false])
})

describe('the built folder', () => {
  const texts = filesOf(BUILT_FOLDER).map((file) => ({
    file,
    text: readFileSync(path.join(BUILT_FOLDER, file), 'utf8'),
  }))
  const importsOf = (text: string) =>
    [...text.matchAll(/^(?:import|export) (?:[\s\S]*?) from ['"](.+?)['"]/gm)].map(
      ([, from]) => from,
    )

  test('imports actions-core, Node’s crypto and itself alone', () => {
    const foreign = texts
      .filter(({ file }) => !file.startsWith('__tests__'))
      .flatMap(({ text }) => importsOf(text))
      .filter((from) => !from?.startsWith('./') && !from?.startsWith('../'))
    expect([...new Set(foreign)].sort()).toEqual(['@segment/actions-core', 'crypto'])
  })

  test('leaves its folder with no import, and names no file ending', () => {
    for (const { file, text } of texts) {
      const depth = file.split(path.sep).length - 1
      for (const from of importsOf(text)) {
        expect(from).not.toMatch(/\.ts$/)
        expect(from?.split('..').length ?? 0).toBeLessThanOrEqual(depth + 1)
      }
    }
  })

  test('names no path of the machine that built it, and no linter of ours', () => {
    for (const { text } of texts) {
      expect(text).not.toContain(ROOT)
      expect(text).not.toContain('biome')
    }
  })

  test('passes the compiler', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'tracklayer-types-'))
    const config = path.join(folder, 'tsconfig.json')
    writeFileSync(config, JSON.stringify(compilerConfig()))
    const tsc = path.join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
    const { stdout, status } = spawnSync(process.execPath, [tsc, '-p', config], {
      encoding: 'utf8',
    })
    rmSync(folder, { recursive: true })
    expect({ stdout, status }).toEqual({ stdout: '', status: 0 })
  })

  test('passes the test that goes along with it', () => {
    const config = JSON.stringify({
      rootDir: BUILT_FOLDER,
      testMatch: ['**/__tests__/**/*.test.ts'],
      transform: {
        '^.+\\.ts$': [
          path.join(ROOT, 'node_modules', '@swc', 'jest'),
          { jsc: { parser: { syntax: 'typescript' }, target: 'es2020' } },
        ],
      },
    })
    const jest = path.join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js')
    const run = spawnSync(process.execPath, [jest, '--ci', '--config', config], {
      cwd: BUILT_FOLDER,
      encoding: 'utf8',
    })
    expect(run.stderr).toContain('5 passed, 5 total')
    expect(run.status).toBe(0)
  })
})

// The repository's own options, as far as a newer compiler still knows them.
function compilerConfig() {
  return {
    compilerOptions: {
      module: 'preserve',
      moduleResolution: 'bundler',
      target: 'es2020',
      lib: ['es2020'],
      declaration: true,
      emitDeclarationOnly: true,
      outDir: './out',
      rootDir: BUILT_FOLDER,
      esModuleInterop: true,
      strict: true,
      isolatedModules: true,
      noUnusedLocals: true,
      noUnusedParameters: true,
      strictPropertyInitialization: false,
      skipLibCheck: true,
      types: ['node'],
      typeRoots: [path.join(ROOT, 'node_modules', '@types')],
    },
    include: [BUILT_FOLDER],
    exclude: [path.join(BUILT_FOLDER, '__tests__')],
  }
}
