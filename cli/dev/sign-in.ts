import type { Stage } from './stage.ts'

/** The address of the console that signs in once, within 15 minutes: each call makes another one. */
export async function signInUrl({
  store,
  apiKey,
}: Pick<Stage, 'store' | 'apiKey'>): Promise<string> {
  const answer = await fetch(`${store.url}/v1/sign-in-links`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${apiKey}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ role: 'admin', actor: 'npm start' }),
  })
  const { path } = (await answer.json()) as { path: string }
  return store.url + path
}
