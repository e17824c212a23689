import { serious } from './axe.ts'
import { expect, test, type Page } from './fixtures.ts'
import { CatalogPage } from './pages.ts'

test('home opens with a sentence and leads into the catalog', async ({ page }) => {
  await page.goto('/')
  // The sample organisation reads well; one file beside it does not.
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(
    /^One file needs a correction\. \w+ more things? needs? a look\.$/,
  )
  await expect(page.getByRole('region', { name: 'Needs attention' })).toContainText('ownr')
  await page
    .getByRole('complementary', { name: 'In the catalog' })
    .getByRole('link', { name: /Systems/ })
    .click()
  await expect(page).toHaveURL(/kind=system/)
})

test('home tells what changed last, and of what', async ({ page, declare }) => {
  declare('slack-water', 'Tells when the tide turns.')
  await page.goto('/')
  const changes = page.getByRole('region', { name: 'Changed lately' }).getByRole('listitem')
  // Soon after the start it may be told of with the rest of what was added.
  const added = '/api/catalog/entities/by-name/component/default/slack-water'
  await expect.poll(async () => (await page.request.get(added)).status()).toBe(200)
  declare('slack-water', 'Tells when it turns.')
  await expect(changes.filter({ hasText: 'slack-water changed its description' })).toBeVisible()
})

test('guests and sample data are named above everything', async ({ page }) => {
  await page.goto('/')
  await expect(page.getByRole('banner')).toContainText('You are a guest. You see sample data and may change it.')
})

test('the column says where one is, on the ways into the catalog too', async ({ page }) => {
  const link = page.getByRole('navigation', { name: 'Main', exact: true }).getByRole('link', { name: 'Catalog' })
  for (const [path, current] of [
    ['/catalog', 'page'],
    ['/catalog-graph', 'true'],
    ['/api-docs', 'true'],
    ['/catalog-import', 'true'],
    ['/settings', null],
  ] as const) {
    await page.goto(path)
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
    if (current) await expect(link).toHaveAttribute('aria-current', current)
    else await expect(link).not.toHaveAttribute('aria-current')
  }
})

test('a trial names itself and the company of its data', async ({ page }) => {
  await page.route('**/api/portico/session', async (route) => {
    const answer = await route.fetch()
    await route.fulfill({ response: answer, json: { ...(await answer.json()), trial: true } })
  })
  await page.goto('/')
  await expect(page.getByRole('banner')).toContainText(
    'This is a trial portal. It shows the sample company Marrowby; anyone who reaches it is a guest.',
  )
})

test('the finder goes anywhere in three keys', async ({ page, finder }) => {
  await page.goto('/')
  await finder.open()
  await page.keyboard.type('payments-led')
  await expect(finder.options.first()).toContainText('payments-ledger')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('payments-ledger')
  await page.goto('/')
  await finder.open()
  await expect(finder.options.first()).toContainText('payments-ledger')
  await page.keyboard.press('Escape')
  await expect(finder.field).toBeHidden()
})

test('@ finds teams and people alone', async ({ page, finder }) => {
  await page.goto('/')
  await finder.open()
  await page.keyboard.type('@pay')
  await expect(finder.options.first()).toContainText('Payments')
  await expect(finder.options.filter({ hasText: 'payments-api' })).toHaveCount(0)
})

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 }, contextOptions: { reducedMotion: 'reduce' } })
  const bar = (page: Page) => page.getByRole('navigation', { name: 'Main, bottom' })
  const sheet = (page: Page) => page.getByRole('dialog', { name: 'More' })

  test('the places that do not fit into the bar are under More, by keyboard too', async ({ page }) => {
    await page.goto('/')
    const more = bar(page).getByRole('button', { name: 'More' })
    await more.focus()
    await page.keyboard.press('Enter')
    await expect(sheet(page)).toBeVisible()
    await expect(sheet(page).getByRole('button', { name: 'Close' })).toBeFocused()
    await page.keyboard.press('Tab')
    await expect(sheet(page).getByRole('link', { name: 'Insights' })).toBeFocused()
    await page.keyboard.press('Escape')
    await expect(sheet(page)).toBeHidden()
    await expect(more).toBeFocused()

    await more.click()
    await sheet(page).getByRole('link', { name: 'Audit log' }).click()
    await expect(page).toHaveURL(/\/audit$/)
    await expect(sheet(page)).toBeHidden()
    await expect(more).toHaveAttribute('aria-current', 'true')
    await more.click()
    await page.mouse.click(195, 40) // beside it
    await expect(sheet(page)).toBeHidden()
  })

  test('what a guest may not enter is there, locked, and Escape closes the reason before the sheet', async ({
    page,
    portals,
  }) => {
    await page.goto(portals.readerUrl)
    await bar(page).getByRole('button', { name: 'More' }).click()
    await sheet(page).getByRole('button', { name: 'Audit log' }).click({ force: true })
    const why = page.getByRole('dialog', { name: 'Why can’t I?' })
    await expect(why).toContainText('You may not read the audit log.')
    const box = await why.boundingBox()
    expect(box && box.x >= 0 && box.x + box.width <= 390 && box.y >= 0 && box.y + box.height <= 844).toBe(true)
    expect(await serious(page)).toEqual([])
    await page.keyboard.press('Escape')
    await expect(why).toBeHidden()
    await expect(sheet(page)).toBeVisible()
    await page.keyboard.press('Escape')
    await expect(sheet(page)).toBeHidden()
  })

  for (const colorScheme of ['light', 'dark'] as const) {
    test(`${colorScheme}: the sheet has nothing serious`, async ({ page }) => {
      await page.emulateMedia({ colorScheme })
      await page.goto('/')
      await bar(page).getByRole('button', { name: 'More' }).click()
      await expect(sheet(page)).toBeVisible()
      expect(await serious(page)).toEqual([])
    })
  }
})

test('keys lead to the rooms', async ({ page }) => {
  await page.goto('/')
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  await page.keyboard.press('g')
  await page.keyboard.press('c')
  await expect(page).toHaveURL(/\/catalog/)
  await page.keyboard.press('?')
  await expect(page.getByRole('dialog', { name: 'Keys' })).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog', { name: 'Keys' })).toBeHidden()
})

test('the theme is kept and there before the first paint', async ({ page }) => {
  await page.goto('/')
  await page.getByRole('button', { name: 'Switch to the dark theme' }).click()
  await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', 'dark')
  // Without the page's own scripts there is only theme.js, which runs before the first paint.
  await page.route('**/assets/*.js', (route) => route.fulfill({ body: '', contentType: 'text/javascript' }))
  await page.goto('/')
  await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', 'dark')
  await page.unroute('**/assets/*.js')
  await page.goto('/')
  await expect(page.getByRole('button', { name: 'Switch to the light theme' })).toBeVisible()
})

test('the session menu says who is here and turns single letters off', async ({ page }) => {
  await page.goto('/')
  await page.getByRole('button', { name: /your session$/ }).click()
  const menu = page.getByRole('menu', { name: 'Your session' })
  await expect(menu).toContainText('Guest')
  await menu.getByRole('menuitemcheckbox', { name: 'Single-letter keys' }).click()
  await page.keyboard.press('Escape')
  await page.getByRole('heading', { level: 1 }).click()
  await page.keyboard.press('?')
  await expect(page.getByRole('dialog', { name: 'Keys' })).toHaveCount(0)
})

test('the first tab stop skips to the page', async ({ page }) => {
  await page.goto('/')
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  await page.keyboard.press('Tab')
  await expect(page.getByRole('link', { name: 'Skip to the page' })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('main')).toBeFocused()
})

test('an address without a page says so', async ({ page }) => {
  await page.goto('/no-such-room')
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('No page has this address')
})

test('a changed file shows by itself', async ({ page, catalog, declare }) => {
  await catalog.open('kind=component&q=tide-table')
  await expect(page.getByText(/Catalog live/)).toBeVisible()
  declare('tide-table', 'First words.')
  await expect(catalog.row('tide-table')).toContainText('First words.')
  declare('tide-table', 'Second words.')
  await expect(catalog.row('tide-table')).toContainText('Second words.')
})

test('eight tabs are as live as one, also when the first is closed', async ({ context, page, declare }) => {
  const tabs = []
  for (let n = 0; n < 8; n++) {
    const tab = n < 7 ? await context.newPage() : page
    await tab.goto('/catalog?kind=component&q=spring-tide')
    await expect(tab.getByRole('heading', { level: 1, name: 'Catalog' })).toBeVisible()
    tabs.push(tab)
  }
  const rows = tabs.map((tab) => new CatalogPage(tab).row('spring-tide'))
  declare('spring-tide', 'First words.')
  for (const row of rows) await expect(row).toContainText('First words.')
  // It holds the stream for all; another one takes over where it ended.
  await tabs[0]?.close()
  declare('spring-tide', 'Second words.')
  for (const row of rows.slice(1)) await expect(row).toContainText('Second words.')
})

test('nobody signed in meets the door', async ({ page, portals }) => {
  await page.goto(`${portals.closedUrl}/catalog?kind=api`)
  await expect(page).toHaveURL(/\/sign-in\?to=/)
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Nobody can sign in yet')
})
