// One row for every library that the host promises: used, when its package is here, or asked for by name.
import { createRequire } from 'node:module'
import { DEFAULT_SWITCHES } from '../../workspace/host-switches.ts'
import { LIBRARY_GLOBALS, librariesFor } from '../../workspace/realm/library-globals.ts'
import { createRealm } from '../../workspace/realm/realm.ts'
import type { FunctionKind } from '../../workspace/realm/realm-protocol.ts'

// An expression in the realm, and what it gives. Every library that comes with our packages has a row.
const USES: Readonly<Record<string, readonly [string, unknown]>> = {
  _: ['_.chunk([1, 2, 3], 2)', [[1, 2], [3]]],
  FormData: ['new FormData().getHeaders()["content-type"].split(";")[0]', 'multipart/form-data'],
  OAuth: [
    'new OAuth.OAuth("r", "a", "k", "s", "1.0A", null, "HMAC-SHA1")._encodeData("a b!")',
    'a%20b%21',
  ],
  'aws4.aws4': [
    'aws4.aws4.sign({ host: "h", path: "/" }, { accessKeyId: "a", secretAccessKey: "s" }).headers.Authorization.split(" ")[0]',
    'AWS4-HMAC-SHA256',
  ],
  'cryptojslib.cryptojs': [
    'cryptojslib.cryptojs.MD5("a").toString()',
    '0cc175b9c0f1b6a831c399e269772661',
  ],
  'fetchretrylib.fetchretry': ['typeof fetchretrylib.fetchretry(fetch)', 'function'],
  jsftp: ['typeof jsftp.prototype.get', 'function'],
  jsonwebtoken: [
    'jsonwebtoken.verify(jsonwebtoken.sign({ a: 1 }, "k", { noTimestamp: true }), "k")',
    { a: 1 },
  ],
  'libphonenumberjslib.libphonenumberjs': [
    'libphonenumberjslib.libphonenumberjs.parsePhoneNumber("+12133734253").country',
    'US',
  ],
  'mailchimplib.mailchimp': ['typeof mailchimplib.mailchimp.lists.getAllLists', 'function'],
  moment: [
    'moment.tz("2020-01-01T00:00:00Z", "Europe/Berlin").format()',
    '2020-01-01T01:00:00+01:00',
  ],
  'nodemailjet.nodemailjet': [
    'typeof nodemailjet.nodemailjet.apiConnect("a", "b").post',
    'function',
  ],
  'pg.pg': ['typeof new pg.pg.Client().query', 'function'],
  'sendgrid.client': ['typeof sendgrid.client.setApiKey', 'function'],
  'sendgrid.mail': ['typeof sendgrid.mail.send', 'function'],
  stripe: ['typeof stripe("a-test-key").customers.create', 'function'],
  'uuidv5.uuidv5': ['uuidv5.uuidv5("dns", "example.com")', 'cfbff0d1-9375-5685-968c-48ce8b15ae17'],
  'winstonlib.winston': ['winstonlib.winston.config.npm.levels.error', 0],
  xml: ['xml({ a: "<" })', '<a>&lt;</a>'],
  xml2js: [
    '{ let out; xml2js.parseString("<a><b>1</b></a>", (_, found) => { out = found }); out }',
    { a: { b: ['1'] } },
  ],
  'zlib.zlib': ['zlib.zlib.gunzipSync(zlib.zlib.gzipSync("hi")).toString()', 'hi'],
}

const load = createRequire(__filename)

function isInstalled(module: string): boolean {
  try {
    load.resolve(module)
    return true
  } catch {
    return false
  }
}

function openRealm(kind: FunctionKind) {
  const realm = createRealm(
    {
      kind,
      code: 'function onTrack({ code }) { return { value: (0, eval)(code) } }',
      fileName: 'use.js',
      switches: DEFAULT_SWITCHES,
      tester: false,
    },
    { load, log: () => {} },
  )
  const settings = '{}'
  return async (code: string) => {
    const payload = JSON.stringify({ code })
    const outcome = await realm.invoke({
      invocation: { handler: 'onTrack', payload },
      settings,
      nowMs: 0,
    })
    return outcome.kind === 'threw'
      ? outcome.error.message
      : JSON.parse(outcome.returned ?? 'null')?.value
  }
}

const run = openRealm('sourceInsert')

test.each(LIBRARY_GLOBALS.filter(({ module }) => isInstalled(module)))(
  '$global is $module, at the version the host states',
  async ({ global, module, version }) => {
    const [code, want] = USES[global] ?? [`no use of ${global} is written down`, '']
    expect(await run(code)).toEqual(want)
    if (version === '') return
    expect(load(`${module}/package.json`).version).toBe(version)
  },
)

test.each(LIBRARY_GLOBALS.filter(({ module }) => !isInstalled(module)))(
  '$global, which is not installed, asks for $module',
  async ({ global, module, version }) => {
    const wanted = version === '' ? module : `${module}@${version}`
    expect(await run(`${global}.anything`)).toBe(
      `The Functions host offers "${global}", but its package is not installed here: npm install --save-dev ${wanted}`,
    )
  },
)

test.each(['destination', 'insert'] as const)(
  'a function of kind %s has none of the libraries of source inserts',
  async (kind) => {
    const runThere = openRealm(kind)
    const own = new Set(librariesFor(kind).map(({ global }) => global.split('.')[0]))
    const extras = LIBRARY_GLOBALS.filter(({ isSourceInsertOnly }) => isSourceInsertOnly)
    expect(extras).toHaveLength(13)
    for (const { global } of extras) {
      const [name] = global.split('.')
      expect(own.has(name)).toBe(false)
      expect(await runThere(`typeof ${name}`)).toBe('undefined')
    }
  },
)
