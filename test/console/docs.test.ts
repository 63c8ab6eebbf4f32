// The pages about the API and its codes: everybody may read them, and each operation and each code has one.
import { operationsOf, readDocument } from '../support/api-document.ts'
import { createTestConsole, type TestConsole } from '../support/console.ts'
import { useDatabase } from '../support/database.ts'
import { API_KEYS, SECRETS } from '../support/signed-batch.ts'

const database = useDatabase()
let stage: TestConsole
beforeEach(() => {
  stage = createTestConsole(database)
})

async function page(path: string, visitor = stage.visitor()): Promise<string> {
  const answer = await visitor.get(path)
  expect({ path, status: answer.status }).toEqual({ path, status: 200 })
  return answer.text()
}

test('every operation has a page with its address, a call to copy and its errors', async () => {
  const list = await page('/docs/api')
  for (const { path, operation } of operationsOf(await readDocument(stage.store.app))) {
    const address = `/docs/api/${operation.operationId}`
    expect(list).toContain(`href="${address}"`)
    const text = await page(address)
    expect(text).toContain(`<code class="id">${path}</code>`)
    expect(text).toContain('curl')
    expect(text).toContain('href="/docs/errors/internal"')
  }
})

test('every code has a page that says what it means, why, what to do and whether to try again', async () => {
  const list = await page('/docs/errors')
  const { 'x-codes': groups } = await readDocument(stage.store.app)
  const codes = (groups as unknown as { codes: Record<string, { means: string }> }[]).flatMap(
    (group) => Object.entries(group.codes),
  )
  expect(codes.length).toBeGreaterThan(40)
  for (const [code, { means }] of codes) {
    expect(list).toContain(`href="/docs/errors/${code}"`)
    const text = await page(`/docs/errors/${code}`)
    for (const part of [
      `<h1>${code}</h1>`,
      means.slice(0, 12),
      'Likely cause',
      'What to do',
      'Try again?',
    ])
      expect({ code, text }).toEqual({ code, text: expect.stringContaining(part) })
  }
})

test('an error of the API leads to its page', async () => {
  const answer = await stage.store.read('/v1/messages/none')
  const { error } = (await answer.json()) as { error: { docs: string } }
  expect(await page(error.docs)).toContain('There is nothing of this name in this environment.')
  const visitor = stage.visitor()
  await visitor.signIn(API_KEYS.production)
  const refused = await visitor.get('/messages/none')
  expect([refused.status, await refused.text()]).toEqual([
    404,
    expect.stringContaining('href="/docs/errors/not_found"'),
  ])
})

test('whoever is not signed in sees no more than the pages; whoever is sees them in the console', async () => {
  const alone = await page('/docs/api')
  expect(alone).toContain('href="/sign-in"')
  expect(alone).not.toContain('href="/events"')
  const visitor = stage.visitor()
  await visitor.signIn(API_KEYS.production)
  const inside = await page('/docs/api', visitor)
  expect(inside).toContain('href="/events"')
  for (const secret of [API_KEYS.production, SECRETS.production]) {
    expect(alone).not.toContain(secret)
    expect(inside).not.toContain(secret)
  }
})

test.each(['/docs/api/none', '/docs/errors/none', '/docs/errors/__proto__', '/docs/none'])(
  'there is nothing at %s',
  async (path) => {
    const answer = await stage.visitor().get(path)
    // What is no page at all asks for a session first, as every address does.
    expect(answer.status).toBe(path === '/docs/none' ? 303 : 404)
  },
)
