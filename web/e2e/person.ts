import type { Page } from './fixtures.ts'

/** Keys of a session that a person of the sample organisation would have. */
interface Who {
  ref: string
  name: string
  /** Whether they see sources and problems, and decide about them. */
  operator?: boolean
  /** Came in as a guest, who stands for that person. */
  guest?: boolean
  starred?: string[]
  recent?: string[]
}

/**
 * Has the open portal take the browser for somebody of the sample organisation: the session is the guest's with another
 * name, and what the catalog knows of that person is real. Their settings are kept here.
 */
export async function as(
  page: Page,
  { ref, name, operator = false, guest = false, starred = [], recent = [] }: Who,
): Promise<void> {
  const operators = /^(catalog\.ingestion|portico\.audit)\./
  await page.route('**/api/portico/session', async (route) => {
    const answer = await route.fetch()
    const session = (await answer.json()) as { permissions: string[] }
    const permissions = [
      ...session.permissions.filter((p) => operator || !operators.test(p)),
      'portico.settings.manage',
    ]
    const principal = { type: guest ? 'guest' : 'user', ref, displayName: name }
    await route.fulfill({ response: answer, json: { ...session, guest, principal, permissions } })
  })
  const items = [
    { bucket: 'default.starredEntities', key: 'entityRefs', value: starred },
    { bucket: 'portico.recent', key: 'entityRefs', value: recent },
  ]
  await page.route('**/api/portico/me/settings*', (route) => route.fulfill({ json: { items } }))
  await page.route('**/api/user-settings/**', (route) => route.fulfill({ json: {} }))
}
