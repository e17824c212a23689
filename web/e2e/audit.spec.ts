import { readFile } from 'node:fs/promises'
import { serious } from './axe.ts'
import { expect, test, type Page } from './fixtures.ts'
import { ANN } from './server.ts'

// Some sign in through three servers, and axe looks twice at a page.
test.describe.configure({ timeout: 120_000 })

/** Asks for a change with a token that nobody knows. The first such attempt of a minute is a record of its own. */
async function attempt(page: Page) {
  const answer = await page.request.delete('/api/catalog/locations/00000000-0000-4000-8000-000000000000', {
    headers: { Authorization: 'Bearer nobody-knows-this-one' },
  })
  expect(answer.status()).toBe(401)
}

const filters = (page: Page) => page.getByRole('search', { name: 'Filters' })
const who = (page: Page) => filters(page).getByRole('combobox', { name: 'Who' })

test('what is done in the portal is a line of the audit log, and opens by keyboard', async ({ page }) => {
  await page.goto('/operate/sources')
  await page
    .getByRole('button', { name: /^Read .* again$/ })
    .first()
    .click()
  await expect(page.getByText(/is being read\.$/)).toBeVisible()

  await page.getByRole('navigation', { name: 'Main', exact: true }).getByRole('link', { name: 'Audit log' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Audit log')
  await expect(page.getByText(/each as it was written\./)).toBeVisible()
  await expect(page.getByText(/Records are kept for 400 days\./)).toBeVisible()
  await filters(page).getByLabel('Did what').selectOption('Source read again')
  await expect(page).toHaveURL(/action=catalog\.source\.refresh/)
  const line = page.getByRole('link', { name: /^\d\d:\d\d:\d\d A guest had read again / }).first()
  await line.focus()
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/record=\d+/)
  const drawer = page.getByRole('dialog', { name: /^A guest had read again / })
  await expect(drawer.getByRole('term').first()).toHaveText('When')
  await expect(drawer.getByRole('definition').getByText('127.0.0.1', { exact: true })).toBeVisible()
  await expect(drawer.getByText(/^[0-9a-f]{64}$/).first()).toBeHidden()
  await drawer.getByText('Proof').click()
  await expect(drawer.getByText(/^[0-9a-f]{64}$/)).toHaveCount(2)
  await expect(drawer.getByText(/^[0-9a-f]{64}$/).first()).toBeVisible()

  // A link to it opens it, whatever else the list shows.
  const record = /record=(\d+)/.exec(page.url())?.[1] ?? ''
  await page.keyboard.press('Escape')
  await expect(drawer).toBeHidden()
  await expect(line).toBeFocused()
  await expect(page).not.toHaveURL(/record=/)
  await page.goto(`/audit?action=catalog.entity.remove&actor=nobody&record=${record}`)
  await expect(drawer).toBeVisible()
  await drawer.getByRole('button', { name: 'Close' }).click()
  await expect(page.getByText('No record matches')).toBeVisible()
  await page.getByRole('button', { name: 'Clear the filters' }).click()
  await expect(page).toHaveURL(/\/audit$/)
})

test('a refused attempt is found, and exported with what is listed', async ({ page }) => {
  await attempt(page)
  await page.goto('/audit')
  await filters(page).getByLabel('Outcome').selectOption('Refused')
  await who(page).fill('unknown')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/actor=unknown/)
  const lines = page.getByRole('link', { name: /Refused Somebody unknown was not allowed to unregister a location/ })
  await expect(lines.first()).toContainText('this token is not known here')
  const coming = page.waitForEvent('download')
  await page.getByRole('link', { name: 'Export these as JSONL' }).click()
  const text = await readFile(await (await coming).path(), 'utf8')
  const records = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { actor: string; outcome: string })
  expect(records.length).toBeGreaterThan(0)
  expect(records.every(({ actor, outcome }) => actor === 'unknown' && outcome === 'denied')).toBe(true)
})

test('signing in is a record', async ({ page, portals }) => {
  await page.goto(`${portals.signInUrl}/audit`)
  await page.getByRole('link', { name: 'Continue with single sign-on' }).click()
  await page.locator('#login').fill(ANN.email)
  await page.locator('#password').fill(ANN.password)
  await page.locator('#submit-login').click()
  await expect(page).toHaveURL(`${portals.signInUrl}/audit`)
  // Many of them are one line.
  const list = page.getByRole('region', { name: 'Today' }).getByRole('listitem')
  await expect(list.filter({ hasText: 'Ann of the Quay signed in with oidc' }).first()).toBeVisible({ timeout: 30_000 })

  // Whom the records name is found by a part of the name, and days are written as the page writes them.
  await who(page).fill('quay')
  await expect(page.getByRole('option', { name: /Ann of the Quay/ })).toBeVisible()
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/actor=user:default\/ann/)
  await page.getByRole('button', { name: 'When: Any time' }).click()
  const when = page.getByRole('dialog', { name: 'When' })
  await when.getByLabel('From').fill('11/29/2026')
  await when.getByLabel('From').press('Enter')
  await expect(when.getByRole('alert')).toHaveText('Write a day as 28 November 2026.')
  await when.getByLabel('From').fill('3 Nov 2025')
  await when.getByLabel('From').press('Enter')
  await expect(page).toHaveURL(/from=2025-11-03/)
  await page.getByRole('button', { name: 'When: Since 3 November 2025' }).click()
  await when.getByRole('button', { name: 'Last 7 days' }).click()
  await expect(page.getByRole('button', { name: 'When: Last 7 days' })).toBeFocused()
  await expect(list.filter({ hasText: 'Ann of the Quay signed in with oidc' }).first()).toBeVisible()
})

test('the head of the chain is shown whole and copied', async ({ page, context, portals }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: portals.url })
  await attempt(page) // the log of a portal that just started is empty
  await page.goto('/audit')
  await page.getByRole('button', { name: 'How to check it' }).click()
  const head = page.getByRole('dialog', { name: 'How to check it' })
  await expect(head).toContainText('portico audit verify --expect')
  const shown = (await head.locator('code').first().textContent()) ?? ''
  expect(shown).toMatch(/^[1-9]\d*:[0-9a-f]{64}$/)
  await head.getByRole('button', { name: 'Copy the head of the chain' }).click()
  await expect(head.getByRole('status')).toHaveText('The head is copied.')
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(shown)
  // It is that of the record which it names.
  const [seq = '', digest = ''] = shown.split(':')
  const answer = await page.request.get(`/api/portico/audit?cursor=${String(Number(seq) + 1)}&limit=1`)
  expect(((await answer.json()) as { items: { digest: string }[] }).items[0]?.digest).toBe(digest)
})

test('on a phone the filters are folded away until somebody wants them', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 })
  await page.goto('/audit?outcome=denied')
  const toggle = filters(page).getByRole('button', { name: 'Filters · 1' })
  await expect(toggle).toHaveAttribute('aria-expanded', 'false')
  await expect(filters(page).getByLabel('Outcome')).toBeHidden()
  await toggle.click()
  await expect(filters(page).getByLabel('Outcome')).toHaveValue('denied')
})

test('a log that is empty says so once, and blames no filter', async ({ page }) => {
  await page.route('**/api/portico/audit?*', (route) => route.fulfill({ json: { items: [], nextCursor: null } }))
  const status = { ok: true, records: 0, first: 0, verifiedUpTo: 0, verifiedAt: new Date().toISOString() }
  await page.route('**/api/portico/audit/status', (route) =>
    route.fulfill({ json: { ...status, broken: null, retentionSeconds: 86_400, beginsOnTrust: false } }),
  )
  await page.goto('/audit?outcome=denied')
  await expect(page.getByRole('heading', { name: 'The log is empty' })).toBeVisible()
  await expect(page.getByRole('main').getByText(/empty/)).toHaveCount(1)
  await expect(filters(page)).toHaveCount(0)
  await expect(page.getByRole('link', { name: /^Export/ })).toHaveCount(0)
})

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [1440, 390]) {
    test(`${colorScheme}, ${String(width)} px: a list of records with one open has nothing serious`, async ({
      page,
    }) => {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      await page.setViewportSize({ width, height: 900 })
      await attempt(page)
      await page.goto('/audit?outcome=denied')
      const line = page.getByRole('link', { name: /Refused/ }).first()
      await line.click()
      await expect(page.getByRole('dialog', { name: /was not allowed/ })).toBeVisible()
      expect(await serious(page)).toEqual([])
      await page.keyboard.press('Escape')
      await expect(page.getByRole('button', { name: 'How to check it' })).toBeVisible()
      if (width === 390)
        await filters(page)
          .getByRole('button', { name: /^Filters/ })
          .click()
      expect(await serious(page)).toEqual([])
      const wide = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      )
      expect(wide, 'the page scrolls sideways').toBeLessThanOrEqual(0)
    })
  }
}

test('a guest finds the door, and the way back', async ({ page }) => {
  await page.route('**/api/portico/session', async (route) => {
    const response = await route.fetch()
    const session = (await response.json()) as object
    const providers = [{ id: 'oidc', title: 'single sign-on', url: '/api/auth/oidc/start' }]
    await route.fulfill({ response, json: { ...session, signIn: { providers } } })
  })
  await page.goto('/catalog?kind=api')
  await page.getByRole('link', { name: 'Sign in' }).click()
  await expect(page).toHaveURL(/\/sign-in\?to=/)
  await expect(page.getByRole('link', { name: 'Continue with single sign-on' })).toHaveAttribute(
    'href',
    '/api/auth/oidc/start?redirectUrl=%2Fcatalog%3Fkind%3Dapi',
  )
  await page.getByRole('link', { name: 'look around as a guest' }).click()
  await expect(page).toHaveURL(/\/$/)
})
