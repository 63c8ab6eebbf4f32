// Audiences and people in a real browser: an audience and one of its members are opened, a merge is undone.
import { LOOKS, seriousFaults, shoot, useShopBrowser } from '../support/shop-browser.ts'
import { until } from '../support/until.ts'

const shop = useShopBrowser()
const { open } = shop

async function track(message: object): Promise<void> {
  const trackingApi = /Tracking API\s+(http:\/\/[\d.:]+)\/v1/.exec(shop.told())?.[1]
  const answer = await fetch(`${trackingApi}/v1/track`, {
    method: 'POST',
    headers: { Authorization: `Basic ${btoa('shop:')}`, 'Content-Type': 'application/json' },
    body: JSON.stringify(message),
  })
  expect(answer.status).toBe(200)
}

let lead = 0
const leadOf = (ids: object) => ({
  ...ids,
  event: 'Lead Submitted',
  properties: { leadId: `people-${process.pid}-${++lead}` },
})

test('an audience and a member: from the list to the person', async () => {
  const page = await open('/audiences')
  await page.getByText('no drift').or(page.getByText('missing at')).first().waitFor()
  await page.locator('tbody th a').first().click()
  await page.getByRole('heading', { name: 'Members over time' }).waitFor()
  await page.getByRole('link', { name: 'Members', exact: true }).click()
  await page.getByRole('heading', { name: 'Members', exact: true }).waitFor()
  await page.locator('.people summary').first().click()
  const record = page.locator('.people .json').first()
  expect(await record.textContent()).toContain('audience_entered')
  expect(await record.textContent()).not.toMatch(/[a-z]@[a-z]+\.[a-z]/)
  await shoot(page, 'audience-member')
  await page.locator('.person-row a').first().click()
  await page.getByRole('heading', { name: 'Known by' }).waitFor()
  expect(await page.getByText('Inside').count()).toBe(1)
  await page.context().close()
})

test('a merge is looked at, undone, and shows on both', async () => {
  const [user, visitor] = [`merged-user-${process.pid}`, `merged-visitor-${process.pid}`]
  const page = await open('/profiles')
  const shows = (where: string, text: string) =>
    until(async () =>
      (await (await page.request.get(`${shop.url()}${where}`)).text()).includes(text),
    )
  // One after the other: Segment promises no order, and whoever is a user at once is merged with nobody.
  await track(leadOf({ anonymousId: visitor }))
  await shows(`/events?q=${visitor}`, 'data-message')
  await track(leadOf({ userId: user }))
  await shows(`/profiles/${user}`, 'Known by')
  await track(leadOf({ userId: user, anonymousId: visitor }))
  await shows(`/profiles/${user}`, 'See what undoing it separates')
  await page.goto(`${shop.url()}/profiles/${user}`)
  await page.getByRole('link', { name: 'See what undoing it separates' }).click()
  await page.getByRole('heading', { name: 'What cannot be undone' }).waitFor()
  for (const [name, look] of Object.entries(LOOKS)) {
    const other = await open(new URL(page.url()).pathname, look)
    expect(await seriousFaults(other)).toEqual([])
    expect(await other.evaluate('document.documentElement.scrollWidth > innerWidth')).toBe(false)
    await shoot(other, `merge-${name}`)
    await other.context().close()
  }
  await page.getByRole('button', { name: 'Undo the merge' }).click()
  await page.getByRole('heading', { name: /Anonymous profile/ }).waitFor()
  await page.getByText('Undone by').waitFor()
  await shoot(page, 'merge-undone')
  await page.context().close()
})

describe.each(Object.entries(LOOKS))('%s', (name, look) => {
  test.each([
    { page: 'audiences', where: '/audiences' },
    { page: 'audience', where: '/audiences/vip' },
    { page: 'audience-members', where: '/audiences/vip/members' },
    { page: 'audience-transitions', where: '/audiences/vip/transitions' },
    { page: 'audience-outcomes', where: '/audiences/vip/outcomes' },
    { page: 'audience-destinations', where: '/audiences/vip/destinations' },
  ])('$page: no serious fault, nothing wider than the screen', async ({ page: title, where }) => {
    const page = await open(where, look)
    await page.waitForLoadState('networkidle')
    expect(await seriousFaults(page)).toEqual([])
    expect(await page.evaluate('document.documentElement.scrollWidth > innerWidth')).toBe(false)
    await shoot(page, `${title}-${name}`)
    await page.context().close()
  })

  test('somebody who said something about consent', async () => {
    const page = await open('/audiences/vip/members', look)
    await page.locator('.person-row a').first().click()
    await page.getByRole('heading', { name: 'Known by' }).waitFor()
    expect(await seriousFaults(page)).toEqual([])
    expect(await page.evaluate('document.documentElement.scrollWidth > innerWidth')).toBe(false)
    await shoot(page, `person-${name}`)
    await page.context().close()
  })
})
