import { serious } from './axe.ts'
import { expect, test, type Page } from './fixtures.ts'
import { ANN } from './server.ts'

/** Signs in as a person would, and lands on the page. */
async function arrive(page: Page, url: string, path: string) {
  await page.goto(`${url}${path}`)
  await page.getByRole('link', { name: 'Continue with single sign-on' }).click()
  await page.locator('#login').fill(ANN.email)
  await page.locator('#password').fill(ANN.password)
  await page.locator('#submit-login').click()
  const wanted = new URL(url + path)
  await page.waitForURL((to) => to.origin === wanted.origin && to.pathname === wanted.pathname)
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
}

const PATH = '/catalog/default/component/tide-table'
const star = (page: Page) => page.getByRole('main').getByRole('button', { name: /^Star tide-table/ })
const column = (page: Page) => page.getByRole('navigation', { name: 'Main', exact: true })
const inColumn = (page: Page) =>
  column(page).getByRole('list', { name: 'Starred' }).getByRole('link', { name: 'tide-table' })

// Each signs in more than once.
test.describe.configure({ mode: 'serial', timeout: 90_000 })

test('a star shows in another browser of the person at once', async ({ page, portals, browser }) => {
  const url = portals.signInUrl
  const second = await browser.newContext()
  const other = await second.newPage()
  await arrive(page, url, PATH)
  await arrive(other, url, '/')
  await expect(star(page)).toHaveAttribute('aria-pressed', 'false')
  await page.getByRole('heading', { level: 1 }).focus()
  await page.keyboard.press('s')
  await expect(star(page)).toHaveAttribute('aria-pressed', 'true')
  await expect(star(page)).toHaveAccessibleName('Star tide-table, 1 person has starred it')
  await expect(inColumn(page)).toBeVisible()
  await expect(inColumn(other)).toBeVisible()

  // And back, from there.
  await inColumn(other).click()
  await expect(other).toHaveURL(`${url}${PATH}`)
  await star(other).click()
  await expect(inColumn(page)).toHaveCount(0)
  await expect(star(page)).toHaveAttribute('aria-pressed', 'false')
  await second.close()
})

test('theme and density follow the person, and a page is drawn in them from its first frame', async ({
  page,
  portals,
  browser,
}) => {
  const url = portals.signInUrl
  const second = await browser.newContext()
  const other = await second.newPage()
  await arrive(page, url, '/settings/appearance')
  await arrive(other, url, '/catalog?kind=component')
  const html = other.locator('html')
  await expect(html).toHaveAttribute('data-mantine-color-scheme', 'light')
  await page.getByRole('radio', { name: /^Dark/ }).check()
  await page.getByRole('radio', { name: /^Compact/ }).check()
  await expect(page.locator('html')).toHaveAttribute('data-density', 'compact')
  await expect(html).toHaveAttribute('data-mantine-color-scheme', 'dark')
  await expect(html).toHaveAttribute('data-density', 'compact')
  const cell = other
    .getByRole('grid')
    .getByRole('row', { name: /tide-table/ })
    .getByRole('gridcell')
    .first()
  expect((await cell.boundingBox())?.height).toBe(32)
  expect(await serious(page)).toEqual([])

  // The first frame is right before any answer: what is read is the copy of this browser.
  await other.addInitScript(() => {
    document.addEventListener('DOMContentLoaded', () => {
      const { mantineColorScheme, density } = document.documentElement.dataset
      window.name = `${mantineColorScheme ?? ''} ${density ?? ''}`
    })
  })
  await other.reload()
  await expect(other.getByRole('heading', { level: 1 })).toBeVisible()
  expect(await other.evaluate(() => window.name)).toBe('dark compact')

  // Signed out, nothing of the person stays.
  await other.getByRole('button', { name: /your session/ }).click()
  await other.getByRole('menuitem', { name: 'Sign out', exact: true }).click()
  await expect(other).toHaveURL(/\/sign-in/)
  await expect(html).toHaveAttribute('data-mantine-color-scheme', 'light')
  expect(await other.evaluate(() => localStorage.getItem('portico-settings'))).toBeNull()
  await second.close()

  await page.getByRole('radio', { name: /^Match this device/ }).check()
  await page.getByRole('radio', { name: /^Comfortable/ }).check()
  await expect(page.locator('html')).toHaveAttribute('data-density', 'comfortable')
})

test('what the portal refuses is put back with a word', async ({ page, portals, quiet }) => {
  await arrive(page, portals.signInUrl, PATH)
  await expect(star(page)).toHaveAttribute('aria-pressed', 'false')
  await page.route('**/api/user-settings/**', (route) =>
    route.fulfill({
      status: 409,
      json: { error: { name: 'ConflictError', message: 'there are 1000 settings already', remedy: 'remove some' } },
    }),
  )
  await star(page).click()
  await expect(page.getByRole('status').filter({ hasText: 'The star was not kept.' })).toContainText(
    'There are 1000 settings already. Remove some.',
  )
  await expect(star(page)).toHaveAttribute('aria-pressed', 'false')
  // The browser itself writes the refusal into its console.
  expect(quiet.splice(0).every((line) => line.includes('409'))).toBe(true)
})

test('a guest keeps theirs in the browser: starred, listed, renamed, taken back', async ({ page, entity }) => {
  const written: string[] = []
  page.on('request', (request) => {
    if (request.url().includes('/api/user-settings')) written.push(request.url())
  })
  await entity.open('component', 'payments-api')
  await page.keyboard.press('s')
  await page.keyboard.press('g')
  await page.keyboard.press('h')
  await expect(page).toHaveURL('/')
  await page.evaluate(() => {
    const stored = JSON.parse(localStorage.getItem('portico-settings-guest') ?? '{}') as { values: object }
    Object.assign(stored.values, {
      'portico.views': { catalog: [{ id: '1', name: 'Deprecated', href: '/catalog?kind=api&lifecycle=deprecated' }] },
    })
    localStorage.setItem('portico-settings-guest', JSON.stringify(stored))
  })
  await page.goto('/settings/kept')
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('You have 1 star and 1 saved view.')
  await expect(page.getByText('Kept in this browser.')).toBeVisible()
  const stars = page.getByRole('main').getByRole('list', { name: 'Starred' })
  await expect(stars.getByRole('link', { name: 'payments-api' })).toBeVisible()
  expect(await serious(page)).toEqual([])

  const views = page.getByRole('list', { name: 'Saved views' })
  await views.getByRole('button', { name: 'Rename Deprecated' }).press('Enter')
  await expect(views.getByRole('textbox')).toBeFocused()
  await page.keyboard.press('Backspace')
  await page.keyboard.press('Enter')
  await expect(views.getByRole('alert')).toHaveText('Write a name by which you know the view again.')
  await page.keyboard.type('Old APIs')
  await page.keyboard.press('Enter')
  await expect(views.getByRole('button', { name: 'Rename Old APIs' })).toBeFocused()
  await page.reload()
  await views.getByRole('link', { name: 'Old APIs' }).click()
  await expect(page).toHaveURL('/catalog?kind=api&lifecycle=deprecated')
  await page.goBack()
  await views.getByRole('button', { name: 'Remove Old APIs' }).click()
  await expect(page.getByText('No view is saved.')).toBeVisible()
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect(views.getByRole('link', { name: 'Old APIs' })).toBeVisible()
  await stars.getByRole('button', { name: 'Star payments-api' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('You have 1 saved view.')
  expect(written).toEqual([])
})

for (const colorScheme of ['light', 'dark'] as const) {
  test(`nothing serious, and nothing wider than a phone: ${colorScheme}`, async ({ browser, portals }) => {
    const context = await browser.newContext({ colorScheme, viewport: { width: 390, height: 844 } })
    const page = await context.newPage()
    for (const path of ['/settings/appearance', '/settings/kept']) {
      await page.goto(portals.url + path)
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
      expect(await serious(page)).toEqual([])
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
    }
    await context.close()
  })
}
