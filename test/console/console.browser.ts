// The console in a real browser, on the sample shop's data: what people come for, each page without serious faults of
// accessibility, nothing that the Content-Security-Policy refuses. Screenshots go to the folder CONSOLE_SHOTS, if it is set.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'

const ROOT = path.join(__dirname, '..', '..')
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8')
const SHOTS = process.env.CONSOLE_SHOTS

interface Shop {
  readonly process: ChildProcess
  readonly url: string
  readonly link: string
  /** What it has told so far. */
  told(): string
}

let shop: Shop
let browser: Browser
let signedIn: Awaited<ReturnType<BrowserContext['storageState']>>
/** What the browser refused or could not run; each test begins without any. */
let faults: string[] = []
const dataDir = path.join(os.tmpdir(), `tracklayer-console-${process.pid}`)

beforeAll(async () => {
  shop = await startShop()
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'],
  })
  const context = await browser.newContext()
  const page = await context.newPage()
  await page.goto(shop.link)
  // The link's form sends itself.
  await page.waitForURL(`${shop.url}/`)
  signedIn = await context.storageState()
  await context.close()
}, 180_000)

afterAll(async () => {
  await browser?.close()
  if (shop) {
    const ended = new Promise((resolve) => shop.process.once('exit', resolve))
    shop.process.kill('SIGTERM')
    await ended
  }
  rmSync(dataDir, { recursive: true, force: true })
}, 60_000)

beforeEach(() => {
  faults = []
})
afterEach(() => expect(faults).toEqual([]))

// `npm start` as a person runs it; ready once it has told the console's address.
function startShop(): Promise<Shop> {
  const args = [path.join(ROOT, 'dist', 'cli.js'), 'dev', '--port', '0', '--shoppers', '80']
  const child = spawn(process.execPath, [...args, '--data-dir', dataDir], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return new Promise((resolve, reject) => {
    let told = ''
    child.once('exit', (code) => reject(new Error(`dev ended with ${code}:\n${told.slice(-2000)}`)))
    child.stderr?.on('data', (chunk) => {
      told += chunk
    })
    child.stdout?.on('data', (chunk) => {
      told += chunk
      const [link, url] = /(http:\/\/[\d.:]+)\/sign-in\/[0-9a-f]{64}/.exec(told) ?? []
      if (link && url) resolve({ process: child, url, link, told: () => told })
    })
  })
}

interface Look {
  readonly colorScheme?: 'light' | 'dark'
  readonly viewport?: { readonly width: number; readonly height: number }
}

async function open(where: string, look: Look = {}): Promise<Page> {
  const context = await browser.newContext({
    storageState: signedIn,
    timezoneId: 'Europe/Berlin',
    viewport: { width: 1360, height: 860 },
    ...look,
  })
  const page = await context.newPage()
  // A policy's refusal is an error on the browser's console.
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text())
  })
  page.on('pageerror', (error) => faults.push(error.message))
  await page.goto(shop.url + where)
  return page
}

interface Violation {
  readonly id: string
  readonly impact: string
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[]
}

async function seriousFaults(page: Page): Promise<string[]> {
  // In a world of its own: the page's policy lets no script in but the console's.
  const session = await page.context().newCDPSession(page)
  const { frameTree } = await session.send('Page.getFrameTree')
  const { executionContextId } = await session.send('Page.createIsolatedWorld', {
    frameId: frameTree.frame.id,
  })
  const expression = `${AXE};axe.run().then(({violations}) => JSON.stringify(violations))`
  const { result, exceptionDetails } = await session.send('Runtime.evaluate', {
    expression,
    contextId: executionContextId,
    awaitPromise: true,
  })
  if (exceptionDetails) throw new Error(exceptionDetails.exception?.description)
  const violations = JSON.parse(String(result.value)) as Violation[]
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.slice(0, 3).map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
    )
}

async function shoot(page: Page, name: string): Promise<void> {
  if (!SHOTS) return
  mkdirSync(SHOTS, { recursive: true })
  await page.screenshot({ path: path.join(SHOTS, `${name}.png`), fullPage: true })
}

const LOOKS = {
  light: { colorScheme: 'light' },
  dark: { colorScheme: 'dark' },
  phone: { colorScheme: 'light', viewport: { width: 390, height: 844 } },
} as const

describe.each(Object.entries(LOOKS))('%s', (name, look) => {
  test.each([
    { page: 'overview', where: '/?window=15m' },
    { page: 'events', where: '/events' },
    { page: 'search', where: '/events?name=purchase' },
    { page: 'nothing', where: '/events?q=nobody' },
    { page: 'destinations', where: '/destinations' },
    { page: 'dead-letters', where: '/dead-letters' },
    { page: 'audiences', where: '/audiences' },
    { page: 'audience', where: '/audiences/vip' },
    { page: 'profiles', where: '/profiles' },
    { page: 'settings', where: '/settings' },
    { page: 'sign-in', where: '/sign-in' },
  ])('$page: no serious fault, nothing wider than the screen', async ({ page: title, where }) => {
    const page = await open(where, look)
    expect(await seriousFaults(page)).toEqual([])
    const isWider = await page.evaluate('document.documentElement.scrollWidth > innerWidth')
    expect(isWider).toBe(false)
    await shoot(page, `${title}-${name}`)
    await page.context().close()
  })

  test('a message and its person', async () => {
    const page = await open('/events?name=purchase', look)
    await page.locator('.row-link').first().click()
    await page.getByRole('heading', { name: 'What happened' }).waitFor()
    expect(await seriousFaults(page)).toEqual([])
    await shoot(page, `message-${name}`)
    await page.locator('.timeline a[href^="/profiles/"]').first().click()
    await page.getByRole('heading', { name: 'Known by' }).waitFor()
    expect(await seriousFaults(page)).toEqual([])
    await shoot(page, `profile-${name}`)
    await page.context().close()
  })
})

test('the proof itself: what the policy refuses and what axe finds does not pass', async () => {
  const page = await open('/')
  await page.evaluate(`{
    const script = document.createElement('script')
    script.textContent = 'window.ran = true'
    document.body.append(script)
    document.querySelector('main').insertAdjacentHTML('beforeend', '<button></button>')
  }`)
  expect(await page.evaluate('window.ran')).toBeUndefined()
  expect(faults).toEqual([expect.stringContaining('Content Security Policy')])
  expect(await seriousFaults(page)).toEqual([expect.stringContaining('button-name')])
  faults = []
  await page.context().close()
})

test('an order is found by its number, and the page says why one destination did not count it', async () => {
  const page = await open('/events?name=purchase&state=filtered')
  const order = await page.locator('.order .id').first().textContent()
  await page.keyboard.press('/')
  await page.keyboard.type(String(order))
  await page.keyboard.press('Enter')
  await page.waitForURL(/q=ORD-/)
  expect(await page.locator('tbody tr').count()).toBeGreaterThan(0)
  await page.locator('.row-link').last().click()
  await page.locator('.summary .state-filtered').first().waitFor()
  const filtered = page.locator('.step-filtered').first()
  expect(await filtered.textContent()).toMatch(/said no|triggers/)
  await page.context().close()
})

test('pausing a destination shows on every page, and enabling it again', async () => {
  const page = await open('/destinations')
  await page.getByRole('button', { name: 'Pause webhook' }).click()
  await page.getByRole('button', { name: 'Enable webhook' }).waitFor()
  await page.goto(`${shop.url}/`)
  await page.getByText('webhook is paused: paused by hand').waitFor()
  await shoot(page, 'overview-paused')
  await page.goto(`${shop.url}/destinations`)
  await page.getByRole('button', { name: 'Enable webhook' }).click()
  await page.getByRole('button', { name: 'Pause webhook' }).waitFor()
  await page.context().close()
})

test('personal data is masked until an admin asks, and the audit log says so', async () => {
  const page = await open('/events?name=purchase')
  await page.locator('.row-link').first().click()
  const raw = page.getByLabel('The raw message')
  expect(await raw.textContent()).toContain('•••')
  await page.getByRole('button', { name: 'Show personal data' }).click()
  await page.getByText('Personal data shown').waitFor()
  expect(await page.getByLabel('The raw message').textContent()).not.toContain('•••')
  await page.goto(`${shop.url}/settings`)
  await page.getByText('looked at personal data').first().waitFor()
  await page.context().close()
})

test('times are in the viewer’s zone from the first page on, and the theme is kept', async () => {
  const page = await open('/events')
  const times = page.locator('tbody time')
  const [shown, utc] = [
    await times.first().textContent(),
    await times.first().getAttribute('title'),
  ]
  const hour = (text: string | null) => Number(/(\d\d):\d\d:\d\d/.exec(text ?? '')?.[1])
  expect([1, 2]).toContain((hour(shown) - hour(utc) + 24) % 24)
  await page.getByRole('button', { name: 'Change between light and dark' }).click()
  await page.reload()
  expect(await page.locator('html').getAttribute('data-theme')).toBe('dark')
  await page.context().close()
})

test('what comes in appears by itself', async () => {
  const page = await open('/settings')
  const followed = page.waitForResponse(/\/events\/stream$/)
  await page.goto(`${shop.url}/events`)
  await followed
  const trackingApi = /Tracking API\s+(http:\/\/[\d.:]+)\/v1/.exec(shop.told())?.[1]
  const before = await page.locator('tbody tr').first().getAttribute('data-message')
  const sent = await fetch(`${trackingApi}/v1/track`, {
    method: 'POST',
    headers: { Authorization: `Basic ${btoa('shop:')}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({
      userId: 'live-visitor',
      event: 'Lead Submitted',
      properties: { leadId: `live-${process.pid}` },
    }),
  })
  expect(sent.status).toBe(200)
  await page.locator('tbody tr.fresh').first().waitFor({ timeout: 15_000 })
  expect(await page.locator('tbody tr').first().getAttribute('data-message')).not.toBe(before)
  await page.context().close()
})
