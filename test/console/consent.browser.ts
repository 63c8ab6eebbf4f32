// Consent in a real browser, on the sample shop's data: what is held is opened, released and withdrawn.
import type { Page } from 'playwright-core'
import { LOOKS, seriousFaults, shoot, useShopBrowser } from '../support/shop-browser.ts'

const shop = useShopBrowser()
const { open } = shop

/** The story of an event that Meta holds for consent: a change of membership may be one that nobody withdraws. */
async function openHeld(page: Page): Promise<void> {
  await page.goto(`${shop.url()}/consent?destination=meta&reason=consent_unknown`)
  await page.locator('#held-events .row-link').first().click()
  await page.locator('.step-held').first().waitFor()
}

test('a yes that is taken back shows who did it and what was not sent', async () => {
  const trackingApi = /Tracking API\s+(http:\/\/[\d.:]+)\/v1/.exec(shop.told())?.[1]
  const say = async (isGranted: boolean) => {
    const categoryPreferences = { Advertising: isGranted, Marketing: isGranted }
    const sent = await fetch(`${trackingApi}/v1/identify`, {
      method: 'POST',
      headers: { Authorization: `Basic ${btoa('shop:')}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({
        userId: 'revoking-visitor',
        context: { consent: { categoryPreferences } },
      }),
    })
    expect(sent.status).toBe(200)
  }
  const page = await open('/events')
  await say(true)
  await page.locator('tbody tr', { hasText: 'revoking-visitor' }).first().waitFor()
  await say(false)
  await page.locator('tbody tr', { hasText: 'revoking-visitor' }).nth(1).waitFor()
  await page.goto(`${shop.url()}/consent`)
  const revocation = page.locator('.revocation', { hasText: 'revoking-visitor' })
  expect(await revocation.textContent()).toContain('no more Advertising, Marketing')
  await revocation.getByText('said by this message').click()
  await page.getByRole('heading', { name: 'What happened' }).waitFor()
  await page.context().close()
})

describe.each(Object.entries(LOOKS))('%s', (name, look) => {
  test('no serious fault, nothing wider than the screen', async () => {
    const page = await open('/consent', look)
    await page.locator('#held-events .row-link').first().waitFor()
    await page.locator('#held-events summary').first().click()
    expect(await seriousFaults(page)).toEqual([])
    expect(await page.evaluate('document.documentElement.scrollWidth > innerWidth')).toBe(false)
    await shoot(page, `consent-${name}`)
    await openHeld(page)
    await page.locator('.step-held summary').first().click()
    expect(await seriousFaults(page)).toEqual([])
    expect(await page.evaluate('document.documentElement.scrollWidth > innerWidth')).toBe(false)
    await shoot(page, `held-message-${name}`)
    await page.context().close()
  })
})

test('a held event is asked again when it is released, and stays out once it is withdrawn', async () => {
  const page = await open('/settings')
  await page.keyboard.press('g')
  await page.keyboard.press('c')
  await page.waitForURL(`${shop.url()}/consent`)
  await openHeld(page)
  const where = page.url()
  const step = page.locator(`[id="${where.split('#')[1]}"]`)
  await step.getByRole('button', { name: 'Release', exact: true }).click()
  await page.waitForURL(where)
  // Nobody has answered: the worker asks, and holds it again.
  await page.waitForFunction(
    `fetch(location.href).then((answer) => answer.text())
       .then((html) => new DOMParser().parseFromString(html, 'text/html'))
       .then((page) => page.getElementById(location.hash.slice(1)).classList.contains('step-held'))`,
  )
  await page.goto(`${shop.url()}/events`)
  await page.goto(where)
  await step.getByText('Withdraw…').click()
  await step.getByLabel('Why, for the log').fill('a test of ours')
  await step.getByRole('button', { name: 'Withdraw it' }).click()
  await step.getByText('Somebody took it back').waitFor()
  expect(await step.getAttribute('class')).toContain('step-filtered')
  expect(await step.textContent()).toContain('“a test of ours”')
  await shoot(page, 'withdrawn')
  await step.getByRole('button', { name: 'Try a replay…' }).click()
  await page.getByText('would be held').or(page.getByText('consent_unknown')).first().waitFor()
  await shoot(page, 'withdrawn-replay')
  await page.goto(`${shop.url()}/settings`)
  await page.getByText('withdrew').first().waitFor()
  await page.context().close()
})

test('what one destination holds is withdrawn together', async () => {
  const page = await open('/consent')
  const groups = page.locator('.held-group')
  const before = await groups.count()
  await groups.last().locator('summary').click()
  const title = await groups.last().locator('h3').textContent()
  await groups.last().getByRole('button', { name: 'Withdraw all' }).click()
  await page.waitForURL(`${shop.url()}/consent#held-events`)
  const titles = await page.locator('.held-group h3').allTextContents()
  expect([titles.length < before, titles.includes(String(title))]).toEqual([true, false])
  await page.context().close()
})
