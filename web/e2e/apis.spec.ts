import { hasCorpus, MANY, real, startApisPortal, type ApisPortal } from './apis-portal.ts'
import { serious } from './axe.ts'
import { expect, test } from './fixtures.ts'
import { corpusIsMissing } from './shared.ts'

test.skip(!process.env['PORTICO_BIN'], 'it starts a portal with a catalog of its own: set PORTICO_BIN')
test.describe.configure({ mode: 'serial' })

let portal: ApisPortal
test.beforeAll(async () => {
  test.setTimeout(120_000)
  portal = await startApisPortal()
})
test.afterAll(async () => {
  await portal.stop()
})

const tab = (name: string, search = '') => `${portal.url}/catalog/default/api/${name}/api${search}`

test('an operation is found, read and sent on as an address', async ({ page }) => {
  await page.goto(`${portal.url}/catalog/default/api/shop`)
  const section = page.getByRole('region', { name: 'Definition' })
  await expect(section).toContainText('OpenAPI 3.1.0 · version 2 · 2 operations')
  await section.getByRole('link', { name: 'Open' }).click()
  await expect(page.getByRole('heading', { level: 2, name: 'The shop' })).toBeVisible()
  await expect(page.getByRole('link', { name: 'charts' })).toHaveAttribute('href', 'https://charts.example')

  // What is seen at once has no filter; the list by keyboard alone.
  const list = page.getByRole('navigation', { name: 'All 2 operations' })
  await expect(page.getByRole('searchbox')).toHaveCount(0)
  await list.getByRole('link', { name: /All orders/ }).focus()
  await page.keyboard.press('ArrowDown')
  await expect(list.getByRole('link', { name: /Order something/ })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { level: 2, name: 'Order something' })).toBeVisible()
  await expect(page).toHaveURL(/at=POST\+\/orders/)

  // A schema that contains itself opens a level at a time.
  const toggles = page.getByRole('button', { name: 'before: what is in it' })
  await toggles.first().click()
  await toggles.nth(1).click()
  await expect(page.getByRole('button', { name: 'before: what is in it', expanded: true })).toHaveCount(2)
  await expect(page.getByRole('region', { name: 'curl' })).toContainText('https://shop.example/v1/orders')

  await page.getByRole('article').getByRole('link', { name: 'Order', exact: true }).first().click()
  await expect(page).toHaveURL(/at=schema\+Order/)
  await page.goBack()
  await page.reload()
  await expect(page.getByRole('heading', { level: 2, name: 'Order something' })).toBeVisible()
})

test('where there is no room beside, the list is one field', async ({ page }) => {
  for (const width of [390, 768]) {
    await page.setViewportSize({ width, height: 844 })
    await page.goto(tab('many'))
    const offers = page.getByRole('heading', { name: 'What it offers' })
    await expect(offers).toBeVisible()
    await expect(page.getByRole('navigation', { name: 'All 40 operations' })).toHaveCount(0)
    await page.keyboard.press('/')
    const sheet = page.getByRole('dialog', { name: 'All 40 operations' })
    const list = sheet.getByRole('navigation')
    await sheet.getByRole('searchbox').fill('thing 39')
    await expect(page).toHaveURL(/find=thing\+39/)
    await expect(list.getByRole('link')).toHaveCount(1)
    await sheet.getByRole('searchbox').press('ArrowDown')
    await expect(list.getByRole('link')).toBeFocused()
    await page.keyboard.press('Enter')
    await expect(sheet).toHaveCount(0)
    await expect(page.getByRole('heading', { level: 2, name: 'Thing 39' })).toBeVisible()
    await expect(page.getByRole('button', { name: /\/things\/39/, expanded: false })).toBeVisible()
    await page.getByRole('link', { name: 'Overview' }).last().click()
    await expect(offers).toBeVisible()
    await page.getByRole('button', { name: 'All 40 operations' }).click()
    await expect(sheet.getByRole('searchbox')).toHaveValue('thing 39')
    await page.keyboard.press('Escape')
    await expect(sheet).toHaveCount(0)
  }
})

test('beside it, the list is as high as its rows, and no higher than the screen', async ({ page }) => {
  const height = async (name: string) => {
    await page.goto(tab(name))
    const list = page.getByRole('navigation', { name: /^All .* operations$/ })
    await expect(list.getByRole('link').first()).toBeVisible()
    return list.evaluate((el) => [el.clientHeight, el.scrollHeight, window.innerHeight] as const)
  }
  const [few, all] = await height('shop')
  expect(few).toBe(all)
  expect(few).toBeLessThan(300)
  const [many, whole, screen] = await height('many')
  expect(many).toBeLessThan(screen)
  expect(whole).toBeGreaterThan(screen)
})

test('on a phone the text scrolls with the page, and long lines go on below', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 })
  await page.goto(tab('many', '?view=text'))
  const text = page.getByRole('region', { name: 'definition' })
  await expect(text).toContainText('openapi: 3.1.0')
  const room = () => text.evaluate((el) => [el.scrollWidth - el.clientWidth, el.scrollHeight - el.clientHeight])
  await expect.poll(room).toEqual([0, 0])
  await page.keyboard.press('End')
  await expect(text).toContainText('/things/39')
  const wrap = page.getByRole('button', { name: 'Wrap' })
  await expect(wrap).toHaveAttribute('aria-pressed', 'true')
  await wrap.click()
  await expect(page).toHaveURL(/wrap=no/)
  await expect(wrap).toHaveAttribute('aria-pressed', 'false')
  await expect.poll(async () => (await room())[0]).toBeGreaterThan(0)
})

test('the text is one step away, and can be had as a file', async ({ page }) => {
  await page.goto(tab('shop'))
  await page.getByRole('link', { name: 'Text', exact: true }).click()
  await expect(page).toHaveURL(/view=text/)
  await expect(page.getByRole('region', { name: 'definition' })).toContainText('openapi: 3.1.0')
  const file = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Download' }).click()
  expect((await file).suggestedFilename()).toBe('shop.yaml')
})

test('what cannot be taken apart shows as text, and says why', async ({ page }) => {
  await page.goto(tab('broken'))
  await expect(page.getByText('Portico could not take it apart')).toContainText('in line 3')
  await expect(page.getByRole('region', { name: 'definition' })).toContainText('info: {title: x')
  await page.goto(tab('soap'))
  await expect(page.getByRole('region', { name: 'definition' })).toContainText('<definitions name="Tides"/>')
  await page.goto(tab('shop', '?at=GET+/nothing'))
  await expect(page.getByRole('heading', { name: '“GET /nothing” is not in this definition' })).toBeVisible()
})

test('a spiteful definition is text', async ({ page }) => {
  for (const search of ['', '?at=GET+/%3Csvg+onload%3D%22window.wall%3D1%22%3E']) {
    await page.goto(tab('spiteful', search))
    await expect(page.getByText('1 operation', { exact: false }).first()).toBeVisible()
    await expect(page.getByRole('link', { name: /svg onload/ })).toBeVisible()
    expect(await page.evaluate(() => (window as { wall?: number }).wall)).toBeUndefined()
    for (const href of await page
      .getByRole('link')
      .evaluateAll((all) => all.map((a) => (a as HTMLAnchorElement).protocol)))
      expect(['http:', 'https:', 'mailto:']).toContain(href)
  }
})

test('the addresses of Backstage lead here, and a component lists its APIs', async ({ page }) => {
  await page.goto(`${portal.url}/catalog/default/api/shop/definition`)
  await expect(page).toHaveURL(/\/shop\/api$/)
  await page.goto(`${portal.url}/catalog/default/component/till/api`)
  const row = (part: string, api: string) =>
    page
      .getByRole('region', { name: part })
      .getByRole('row')
      .filter({ has: page.getByRole('link', { name: api }) })
  await expect(row('Provides', 'shop')).toContainText('OpenAPI')
  await expect(row('Calls', 'old-needed').getByRole('cell')).toContainText([
    /old-needed/,
    'OpenAPI',
    'deprecated',
    'quay',
    '2',
  ])
  await expect(
    page.getByRole('navigation', { name: 'Parts of the page' }).getByRole('link', { name: 'API 2' }),
  ).toBeVisible()
})

test('the explorer opens with its answer', async ({ page }) => {
  await page.goto(`${portal.url}/api-docs`)
  await expect(page.getByText(/APIs; 2 are deprecated, and 1 of those is still called by 2 components\./)).toBeVisible()
  const old = page.getByRole('region', { name: 'Deprecated' })
  await expect(old.getByRole('listitem').first()).toContainText('old-needed')
  await expect(old.getByRole('listitem').first()).toContainText('What old-needed offers.')
  await expect(old.getByRole('link', { name: 'kiosk' })).toBeVisible()
  await expect(old.getByRole('listitem').nth(1)).toContainText('No file that you see names a caller.')

  const table = page.getByRole('table', { name: 'APIs' })
  await expect(table.locator('th[scope=rowgroup]')).toHaveCount(0)
  await expect(table.getByRole('columnheader', { name: 'Owner' })).toBeVisible()
  await page.getByRole('navigation', { name: 'Grouped by' }).getByRole('link', { name: 'Lifecycle' }).click()
  await expect(page).toHaveURL(/group=lifecycle/)
  await expect(table.getByRole('rowheader').or(table.locator('tr th[scope=rowgroup]')).first()).toContainText(
    `experimental${String(MANY)}`,
  )
  await page.keyboard.press('/')
  await page.keyboard.type('tide-399')
  await expect(page).toHaveURL(/q=tide-399/)
  await expect(table.getByRole('link', { name: 'tide-399' })).toBeVisible()
  await page.goto(`${portal.url}/api-docs?q=zzz`)
  await expect(page.getByRole('heading', { name: 'Nothing matches “zzz”' })).toBeVisible()
  await page.getByRole('button', { name: 'Clear the filter' }).click()
  // The last row of four hundred is there without the ones before it.
  await page.keyboard.press('End')
  await expect(table.locator('a[data-row]').last()).toBeVisible()
  await expect(table.locator('tr')).not.toHaveCount(MANY)
})

for (const colorScheme of ['light', 'dark'] as const)
  test(`nothing serious in ${colorScheme}, on a screen and on a phone`, async ({ page }) => {
    test.setTimeout(240_000) // axe reads eight pages
    await page.emulateMedia({ colorScheme })
    for (const viewport of [
      { width: 1440, height: 900 },
      { width: 390, height: 844 },
    ]) {
      await page.setViewportSize(viewport)
      for (const [path, ready] of [
        [tab('shop', '?at=POST+/orders'), 'Order something'],
        [tab('shop'), 'The shop'],
        [tab('shop', '?view=text'), 'openapi'],
        [`${portal.url}/api-docs`, 'old-needed'],
      ] as const) {
        await page.goto(path)
        await expect(page.getByText(ready).first()).toBeVisible()
        expect(await serious(page), path).toEqual([])
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
        expect(wide, `${path} is wider than the screen`).toBeLessThanOrEqual(0)
      }
    }
  })

test.describe('real definitions', () => {
  // Said aloud, since the list of tests does not say why one is skipped.
  if (!hasCorpus) console.warn(`skipped: ${corpusIsMissing}`)
  test.skip(!hasCorpus, corpusIsMissing)
  for (const [name, , , word] of real)
    test(name, async ({ page }) => {
      await page.goto(tab(name))
      await expect(page.getByText(new RegExp(`· [\\d,]+ ${word}`))).toBeVisible()
      const list = page.getByRole('navigation', { name: /^All / })
      const first = list.getByRole('link').first()
      await first.click()
      await expect(page.getByRole('article').getByRole('heading', { level: 2 })).toBeVisible()
      await expect(first).toHaveAttribute('aria-current')
      await page.getByRole('link', { name: 'Text', exact: true }).click()
      await expect(page.getByRole('region', { name: 'definition' })).toContainText(/\w/)
    })
})
