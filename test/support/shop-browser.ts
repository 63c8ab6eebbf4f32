// The sample shop of `npm start` with a browser signed in to its console: one for each suite that asks for it. Whatever the
// Content-Security-Policy refuses, or a script stumbles over, fails the test it happens in. Screenshots go to the folder
// CONSOLE_SHOTS, if it is set.
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

export interface Look {
  readonly colorScheme?: 'light' | 'dark'
  readonly viewport?: { readonly width: number; readonly height: number }
}

/** The looks every page must stand. */
export const LOOKS = {
  light: { colorScheme: 'light' },
  dark: { colorScheme: 'dark' },
  phone: { colorScheme: 'light', viewport: { width: 390, height: 844 } },
} as const

export interface ShopBrowser {
  /** Of the running shop; there from the first test on. */
  readonly url: () => string
  /** What `npm start` has told so far. */
  readonly told: () => string
  /** A page of the console, signed in as an admin. Close its context when done. */
  open(where: string, look?: Look): Promise<Page>
  /** What the browser refused or could not run so far; a test that means it to happen empties it. */
  readonly faults: string[]
}

/** Starts the shop and a browser before the suite's tests, and ends both after them. */
export function useShopBrowser(): ShopBrowser {
  let shop: Shop
  let browser: Browser
  let signedIn: Awaited<ReturnType<BrowserContext['storageState']>>
  const faults: string[] = []
  const dataDir = path.join(os.tmpdir(), `tracklayer-console-${process.pid}`)

  beforeAll(async () => {
    shop = await startShop(dataDir)
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
    faults.length = 0
  })
  afterEach(() => expect(faults).toEqual([]))

  return {
    url: () => shop.url,
    told: () => shop.told(),
    faults,
    async open(where, look = {}) {
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
    },
  }
}

// `npm start` as a person runs it; ready once it has told the console's address.
function startShop(dataDir: string): Promise<Shop> {
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

interface Violation {
  readonly id: string
  readonly impact: string
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[]
}

/** What axe-core finds of the serious kind, a line each. */
export async function seriousFaults(page: Page): Promise<string[]> {
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

/** A screenshot of the whole page, where they are wanted. */
export async function shoot(page: Page, name: string): Promise<void> {
  if (!SHOTS) return
  mkdirSync(SHOTS, { recursive: true })
  await page.screenshot({ path: path.join(SHOTS, `${name}.png`), fullPage: true })
}
