import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { serious } from './axe.ts'
import { expect, test, type Page } from './fixtures.ts'
import type { Portals } from './server.ts'

/** Entities of which the owner was inferred, or is not known: what a repository without a descriptor yields. */
function guessed(names: string[], owner: string): string {
  return names
    .map(
      (name) => `apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: ${name}
  annotations:
    portico.dev/owner-inferred: "${owner === 'unknown' ? 'false' : 'true'}"
spec:
  type: service
  lifecycle: production
  owner: ${owner}
`,
    )
    .join('---\n')
}

/** The file stands until the test is over; what it asks of teams is withdrawn with it. */
async function withFile(portals: Portals, name: string, text: string, run: () => Promise<void>): Promise<void> {
  const file = join(portals.watched, `${name}.yaml`)
  writeFileSync(file, text)
  try {
    await run()
  } finally {
    rmSync(file)
  }
}

/** The team is asked within moments of the entity's being there. */
async function asked(page: Page, portals: Portals, name: string): Promise<void> {
  const path = `${portals.url}/api/portico/ownership/entities/component/default/${name}`
  await expect
    .poll(
      async () => {
        const answer = await page.request.get(path)
        const { claims = [] } = (await answer.json()) as { claims?: { state: string }[] }
        return claims.map((c) => c.state)
      },
      { timeout: 20_000 },
    )
    .toEqual(['open'])
}

test('an inferred owner is confirmed, and the entity shows who said so', async ({ page, portals }) => {
  await withFile(portals, 'tide-clock', guessed(['tide-clock'], 'payments'), async () => {
    await asked(page, portals, 'tide-clock')
    await page.goto('/catalog/default/component/tide-clock')
    const head = page
      .getByRole('banner')
      .or(page.locator('header'))
      .filter({ has: page.getByRole('heading', { level: 1 }) })
    await expect(head).toContainText('≈ inferred')
    await expect(head.getByRole('link', { name: 'Evidence' })).toBeVisible()
    await head.getByRole('button', { name: 'Confirm' }).click()
    await expect(head).toContainText(/verified (today|\d)/i)
    await expect(head.getByRole('button', { name: 'Confirm' })).toHaveCount(0)
    await page.reload()
    await expect(head.getByTitle(/Confirmed by user:development\/guest on/)).toBeVisible()
  })
})

test('questions are answered by keys, one or many', async ({ page, portals }) => {
  const names = ['lock-a', 'lock-b', 'lock-c']
  await withFile(portals, 'locks', guessed(names, 'freight'), async () => {
    for (const name of names) await asked(page, portals, name)
    await page.goto('/ownership?scope=all&owner=group:default/freight')
    const row = (name: string) => page.getByRole('listitem').filter({ has: page.getByRole('link', { name }) })
    await expect(row('lock-a')).toContainText('It looks like yours. Is it?')
    expect(await serious(page)).toEqual([])
    await page.keyboard.press('j')
    await expect(row('lock-a')).toBeFocused()
    await page.keyboard.press('r')
    const dialog = page.getByRole('dialog', { name: 'Reject lock-a' })
    await dialog.getByLabel('Note, if you like').fill('it is a lock of the canal')
    await dialog.getByRole('button', { name: 'Reject' }).click()
    await expect(row('lock-a')).toHaveCount(0)
    for (const name of ['lock-b', 'lock-c']) await row(name).getByRole('checkbox').check()
    const bar = page.getByRole('region', { name: 'Selection' })
    await expect(bar).toContainText('2 selected')
    await bar.getByRole('button', { name: 'Confirm' }).click()
    await expect(page.getByText('2 entities confirmed.')).toBeVisible()
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Nothing waits for any team')
    // What its team rejected is a finding, and nobody's.
    await page.goto('/ownership?tab=findings&kind=disputed')
    await expect(row('lock-a')).toContainText('is not its owner’s, as they say')
  })
})

test('a question is passed on to the team that is named', async ({ page, portals }) => {
  await withFile(portals, 'sluice', guessed(['sluice'], 'freight'), async () => {
    await asked(page, portals, 'sluice')
    await page.goto('/ownership?scope=all')
    await page.getByRole('button', { name: 'Pass on sluice' }).click()
    const dialog = page.getByRole('dialog', { name: 'Pass on sluice' })
    await expect(dialog.getByRole('button', { name: 'Pass on' })).toBeDisabled()
    await dialog.getByLabel('Who should be asked').fill('paym')
    await dialog.getByRole('option', { name: 'Payments' }).first().click()
    await dialog.getByRole('button', { name: 'Pass on' }).click()
    const row = page.getByRole('listitem').filter({ has: page.getByRole('link', { name: 'sluice' }) })
    await expect(row).toContainText('Passed on to you: is it yours?')
    await expect(row).toContainText('Passed on by user:development/guest of group:default/freight')
  })
})
