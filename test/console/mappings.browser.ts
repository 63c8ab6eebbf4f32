// The pages about mappings in a real browser, on the sample shop's data.
import { LOOKS, seriousFaults, shoot, useShopBrowser } from '../support/shop-browser.ts'

const { open } = useShopBrowser()

describe.each(Object.entries(LOOKS))('%s', (name, look) => {
  test.each([
    { page: 'mappings', where: '/mappings' },
    { page: 'mappings-row', where: '/mappings?q=order%20completed' },
    { page: 'mappings-destinations', where: '/mappings/destinations' },
    { page: 'mappings-versions', where: '/mappings/versions' },
    { page: 'mappings-names', where: '/mappings/names' },
    { page: 'mappings-violations', where: '/mappings/violations' },
  ])('$page: no serious fault, nothing wider than the screen', async ({ page: title, where }) => {
    const page = await open(where, look)
    expect(await seriousFaults(page)).toEqual([])
    expect(await page.evaluate('document.documentElement.scrollWidth > innerWidth')).toBe(false)
    await shoot(page, `${title}-${name}`)
    await page.context().close()
  })
})

test('by keys to the mappings; from a drifted name to its row, from a name to a message', async () => {
  const page = await open('/')
  await page.keyboard.press('g')
  await page.keyboard.press('m')
  await page.getByRole('heading', { name: 'Mappings' }).waitFor()
  await page.getByRole('link', { name: /^Names without a row/ }).click()
  await page.getByText('Size Guide Opened, canonical: size_guide_opened').waitFor()
  await page.locator('.group a', { hasText: 'Product Viewed' }).click()
  await page.waitForURL(/\/mappings#product-viewed$/)
  expect(await page.locator('tr:target').textContent()).toContain('view_content')
  await page.goBack()
  await page.locator('.group', { hasText: 'Size Guide Opened' }).locator('a').last().click()
  await page.getByText('No row of the mapping table is named').waitFor()
  await page.context().close()
})

test('a row is found by a property, and its transforms are laid open', async () => {
  const page = await open('/mappings')
  await page.getByLabel('Event, canonical name or property').fill('refund_id')
  await page.keyboard.press('Enter')
  await page.waitForURL(/q=refund_id/)
  await page.getByText('takes back').waitFor()
  expect(await page.locator('details.rules').first().getAttribute('open')).not.toBeNull()
  await page.context().close()
})

test('what broke the plan has messages to look at, which say so', async () => {
  const page = await open('/mappings/violations')
  await page.locator('.group a').first().click()
  await page.getByRole('heading', { name: 'What happened' }).waitFor()
  expect(await page.getByLabel('The raw message').textContent()).toContain('violations')
  await page.context().close()
})
