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
    await expect(head).toContainText('inferred')
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

const wharf = ['crane-a', 'crane-b']

test('a team that is gone has another name: its entities change hands, and back', async ({ page, portals }) => {
  await withFile(portals, 'wharf', guessed(wharf, 'old-wharf').replaceAll('"true"', '"no"'), async () => {
    const row = (name: string) => page.getByRole('listitem').filter({ hasText: name })
    await expect(async () => {
      await page.goto('/ownership?tab=findings&owner=group:default/old-wharf')
      await expect(row('crane-b')).toBeVisible({ timeout: 1000 })
    }).toPass({ timeout: 20_000 })
    await page.getByRole('button', { name: 'group:default/old-wharf is called something else now' }).first().click()
    const dialog = page.getByRole('dialog', { name: 'It is called something else now' })
    const go = dialog.getByRole('button', { name: 'Let it stand for it' })
    await expect(go).toBeDisabled()
    await dialog.getByLabel('Who stands for it now').fill('paym')
    await dialog.getByRole('option', { name: 'Payments' }).first().click()
    await expect(dialog.getByRole('status')).toHaveText('2 entities change from group:default/old-wharf to Payments.')
    expect(await serious(page)).toEqual([])
    await go.click()
    await expect(page.getByText('Payments stands for group:default/old-wharf; 2 entities changed hands.')).toBeVisible()
    await expect(dialog).toBeHidden()

    await page.goto('/catalog/default/component/crane-a/history')
    await expect(page.getByText(/^As old-wharf is called payments now · revision/)).toBeVisible()
    await expect(page.locator('header').filter({ has: page.getByRole('heading', { level: 1 }) })).toContainText(
      'Payments',
    )

    await page.goto('/ownership?tab=names')
    await expect(row('group:default/old-wharf')).toContainText('2 entities change hands by it')
    await expect(row('group:default/old-wharf')).toContainText('guest')
    expect(await serious(page)).toEqual([])
    await page.getByRole('button', { name: 'Remove group:default/old-wharf' }).click()
    await expect(row('group:default/old-wharf')).toHaveCount(0)
    await expect(
      page.getByText('group:default/old-wharf stands for itself again; 2 entities changed hands.'),
    ).toBeVisible()
  })
})

test('the page of a team leads to where its other name is told', async ({ page }) => {
  await page.goto('/catalog/default/group/payments')
  await page.getByRole('button', { name: 'More actions' }).click()
  await page.getByRole('menuitem', { name: 'Renamed or merged…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Renamed or merged' })
  await dialog.getByLabel('The old name').fill('till-team')
  await expect(dialog.getByRole('status')).toContainText('Nothing in the catalog names group:default/till-team now.')
  await dialog.getByRole('button', { name: 'It went into another' }).click()
  await expect(dialog).toContainText('The old name is group:default/payments')
  await dialog.getByLabel('Who stands for it now').fill('freight')
  await dialog.getByRole('option', { name: 'Freight' }).first().click()
  await expect(dialog.getByRole('status')).toContainText(/entities change from group:default\/payments to Freight/)
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await expect(page).toHaveURL(/\/ownership\?tab=names$/)
})

test('many are claimed in the catalog, and each says what came of it', async ({ page, portals }) => {
  const file =
    guessed(['quay-a', 'quay-b'], 'unknown') + '---\n' + guessed(['quay-c'], 'payments').replace('"true"', '"no"')
  await withFile(portals, 'quays', file, async () => {
    await expect(async () => {
      await page.goto('/catalog?kind=component&q=quay-')
      await expect(page.getByRole('link', { name: 'quay-c' })).toBeVisible({ timeout: 1000 })
    }).toPass({ timeout: 20_000 })
    for (const name of ['quay-a', 'quay-b', 'quay-c'])
      await page.getByRole('row').filter({ hasText: name }).getByRole('checkbox').check()
    const bar = page.getByRole('region', { name: 'Selection' })
    await bar.getByRole('button', { name: 'Claim' }).click()
    const dialog = page.getByRole('dialog', { name: /^Claim 3 / })
    await dialog.getByLabel('For which team').fill('freight')
    await dialog.getByRole('option', { name: 'Freight' }).first().click()
    await dialog.getByRole('button', { name: 'Claim' }).click()
    const came = page.getByRole('dialog', { name: '2 claimed, 1 asked for' })
    await expect(came.getByRole('listitem').filter({ hasText: 'quay-a' })).toContainText('Claimed.')
    await expect(came.getByRole('listitem').filter({ hasText: 'quay-c' })).toContainText(
      'Its owner group:default/payments is asked.',
    )
    expect(await serious(page)).toEqual([])
    await came.getByRole('button', { name: 'Close' }).last().click()
    await expect(bar).toContainText('3 selected')
  })
})
