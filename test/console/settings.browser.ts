// The settings in a real browser, on the sample shop: a secret is rotated, an API key is made and revoked, and each page
// stands the looks.
import { createHmac } from 'node:crypto'
import type { Page } from 'playwright-core'
import { LOOKS, seriousFaults, shoot, useShopBrowser } from '../support/shop-browser.ts'

const shop = useShopBrowser()

async function sound(page: Page, name: string): Promise<void> {
  expect(await seriousFaults(page)).toEqual([])
  const isWider = await page.evaluate('document.documentElement.scrollWidth > innerWidth')
  expect(isWider).toBe(false)
  await shoot(page, name)
}

/** A ping, signed as a destination function would. */
async function ping(secret: string): Promise<number> {
  const body = '{"batch":[]}'
  const timestamp = `${new Date().toISOString().slice(0, 19)}Z`
  const [account, environment] = ['acct_local', 'development']
  const mac = createHmac('sha256', secret)
    .update(`${timestamp}.${account}.${environment}.${body}`)
    .digest('hex')
  const headers = {
    'Content-Type': 'application/json',
    'User-Agent': 'a function',
    'X-TrackLayer-Account': account,
    'X-TrackLayer-Environment': environment,
    'X-TrackLayer-Timestamp': timestamp,
    'X-TrackLayer-Signature': `sha256=${mac}`,
  }
  const answer = await fetch(`${shop.url()}/segment/events`, { method: 'POST', headers, body })
  return answer.status
}

test('a secret is rotated: made, shown once, seen in use, the old one retired, and taken back', async () => {
  const page = await shop.open('/settings/secrets')
  await page.getByRole('heading', { name: 'Rotation' }).waitFor()
  await page.getByRole('button', { name: 'Make a new secret' }).click()
  const output = page.locator('output')
  const secret = (await output.textContent()) ?? ''
  expect(secret).toMatch(/^[0-9a-f]{64}$/)
  await sound(page, 'settings-secret-made')
  expect(await ping(secret)).toBe(200)

  await page.getByRole('link', { name: 'I have put it away' }).click()
  await page.getByText('A rotation is under way').waitFor()
  expect(await page.content()).not.toContain(secret)
  for (const [name, look] of Object.entries(LOOKS)) {
    const other = await shop.open('/settings/secrets', look)
    await other.getByText('has signed 1 request').waitFor()
    await sound(other, `settings-rotation-${name}`)
    await other.context().close()
  }

  // The shop itself still signs with the old one: the page asks before it is refused.
  const old = page.locator('tr', { hasText: 'variable' })
  await old.getByRole('button', { name: 'Retire' }).click()
  await page.getByText('is in use').waitFor()
  // The answer to the form has the status of a conflict, which the browser notes.
  shop.faults.length = 0
  await sound(page, 'settings-in-use')
  await page.getByRole('button', { name: 'Retire it all the same' }).click()
  await page.getByRole('heading', { name: 'Retired', exact: true }).waitFor()
  expect(await ping(secret)).toBe(200)
  await sound(page, 'settings-retired')
  await page.getByRole('button', { name: /Accept again/ }).click()
  await page.getByText('A rotation is under way').waitFor()

  await page.goto(`${shop.url()}/settings/audit-log?action=secret.retired`)
  expect(await page.locator('tbody tr').count()).toBe(1)
  await page.context().close()
})

test('an API key is made, signs somebody in, and is revoked with the session it made', async () => {
  const page = await shop.open('/settings/api-keys')
  await page.getByLabel('What it is for').fill('Reports')
  await page.getByRole('combobox', { name: 'Role' }).selectOption('viewer')
  await page.getByRole('button', { name: 'Make it' }).click()
  const key = (await page.locator('output').textContent()) ?? ''
  await page.getByRole('button', { name: 'Copy' }).waitFor()
  await sound(page, 'settings-key-made')

  const guest = await shop.open('/settings')
  await guest.context().clearCookies()
  await guest.goto(`${shop.url()}/sign-in`)
  await guest.getByLabel('API key').fill(key)
  await guest.keyboard.press('Enter')
  await guest.waitForURL(`${shop.url()}/`)

  await page.getByRole('link', { name: 'I have put it away' }).click()
  await page.locator('summary', { hasText: 'Revoke' }).click()
  await sound(page, 'settings-revoke')
  await page.setViewportSize(LOOKS.phone.viewport)
  await sound(page, 'settings-revoke-phone')
  await page.getByRole('button', { name: 'Revoke Reports for good' }).click()
  await page.getByText(/revoked \d/).waitFor()
  expect(await page.content()).not.toContain(key)
  await guest.goto(`${shop.url()}/settings`)
  await guest.waitForURL(/\/sign-in/)
  await guest.context().close()
  await page.context().close()
})

describe.each(Object.entries(LOOKS))('%s', (name, look) => {
  test.each(['', '/secrets', '/api-keys', '/retention', '/audit-log'])(
    '/settings%s: no serious fault, nothing wider than the screen',
    async (where) => {
      const page = await shop.open(`/settings${where}`, look)
      await sound(page, `settings${where.replace('/', '-')}-${name}`)
      await page.context().close()
    },
  )
})
