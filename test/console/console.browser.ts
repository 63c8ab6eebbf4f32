// The console in a real browser, on the sample shop's data: what people come for, each page without serious faults of
// accessibility, nothing that the Content-Security-Policy refuses.
import { LOOKS, seriousFaults, shoot, useShopBrowser } from '../support/shop-browser.ts'

const shop = useShopBrowser()
const { open, faults } = shop

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
  faults.length = 0
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
  await page.goto(`${shop.url()}/`)
  await page.getByText('webhook is paused: paused by hand').waitFor()
  await shoot(page, 'overview-paused')
  await page.goto(`${shop.url()}/destinations`)
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
  await page.goto(`${shop.url()}/settings`)
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
  await page.goto(`${shop.url()}/events`)
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
