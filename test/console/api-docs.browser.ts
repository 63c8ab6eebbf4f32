// The pages about the API in a real browser: they read well everywhere, without signing in too, and a code leads to the
// operations that answer it.
import { LOOKS, seriousFaults, shoot, useShopBrowser } from '../support/shop-browser.ts'

const { open, faults } = useShopBrowser()

describe.each(Object.entries(LOOKS))('%s', (name, look) => {
  test.each([
    { page: 'api', where: '/docs/api' },
    { page: 'operation', where: '/docs/api/createReplay' },
    { page: 'signed-operation', where: '/docs/api/takeEvents' },
    { page: 'codes', where: '/docs/errors' },
    { page: 'code', where: '/docs/errors/invalid_request' },
  ])('$page: no serious fault, nothing wider than the screen', async ({ page: title, where }) => {
    const page = await open(where, look)
    expect(await seriousFaults(page)).toEqual([])
    expect(await page.evaluate('document.documentElement.scrollWidth > innerWidth')).toBe(false)
    await shoot(page, `docs-${title}-${name}`)
    await page.context().close()
  })
})

test('whoever is not signed in reads them too, and finds the way from a code to its operations', async () => {
  const page = await open('/docs/errors')
  await page.context().clearCookies()
  await page.goto(page.url())
  await page.getByRole('link', { name: /^invalid_period/ }).click()
  await page.getByRole('link', { name: /outcomes/ }).click()
  await page.getByRole('heading', { name: 'What members bought, beside everybody else' }).waitFor()
  expect(await seriousFaults(page)).toEqual([])
  await shoot(page, 'docs-alone')
  expect(faults).toEqual([])
  await page.context().close()
})
