import { serious } from './axe.ts'
import { expect, test, type Page } from './fixtures.ts'
import { as } from './person.ts'

const scope = (page: Page, name: RegExp) =>
  page.getByRole('group', { name: 'Where to look' }).getByRole('button', { name })
const chosen = (page: Page) => page.getByRole('option', { selected: true })

test('from Home to an entity with the keyboard alone', async ({ page, finder }) => {
  await page.goto('/')
  await finder.open()
  await page.keyboard.type('pay led')
  await expect(finder.options.first()).toContainText('payments-ledger')
  await expect(finder.options.first().locator('mark')).toHaveText(['pay', 'led'])
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL('/catalog/default/component/payments-ledger')
})

test('what is typed before it is there stands in it', async ({ page, finder }) => {
  let come = (): void => undefined
  const held = new Promise<void>((go) => (come = go))
  await page.route('**/assets/finder-*.js', async (route) => {
    await held
    await route.continue()
  })
  await page.goto('/catalog')
  const sift = page.getByRole('searchbox').first()
  await sift.focus()
  await page.keyboard.press('ControlOrMeta+k')
  // Letters that are keys of the page, and one too many.
  await page.keyboard.type('gc pay ledd')
  await page.keyboard.press('Backspace')
  await expect(finder.field).toHaveCount(0)
  come()
  await page.keyboard.type('g')
  await expect(finder.field).toBeFocused()
  await page.keyboard.type('er')
  await expect(finder.field).toHaveValue('gc pay ledger')
  await expect(sift).toHaveValue('')
  await page.keyboard.press('Escape')
  await expect(finder.field).toHaveCount(0)
  await page.keyboard.press('ControlOrMeta+k')
  await expect(finder.field).toHaveValue('')
  await expect(page).toHaveURL(/\/catalog\?kind=component$/)
})

test('who changes their mind before it is there is left in peace', async ({ page, finder }) => {
  let come = (): void => undefined
  const held = new Promise<void>((go) => (come = go))
  await page.route('**/assets/finder-*.js', async (route) => {
    await held
    await route.continue()
  })
  await page.goto('/')
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  await page.keyboard.press('ControlOrMeta+k')
  await page.keyboard.type('pay')
  await page.keyboard.press('Escape')
  const there = page.waitForResponse('**/assets/finder-*.js')
  come()
  await there
  await page.waitForTimeout(300)
  await expect(finder.field).toHaveCount(0)
})

test('words in any order, and a single letter where a word begins', async ({ page, finder }) => {
  await page.goto('/')
  await finder.open()
  await page.keyboard.type('led pay')
  await expect(finder.options.first()).toContainText('payments-ledger')
})

test('what was looked at stands first, and is found before the server answers', async ({ page, finder, entity }) => {
  await entity.open('component', 'fx-rates')
  await page.goto('/')
  await finder.open()
  await expect(page.getByRole('group', { name: 'Recent' }).getByRole('option')).toContainText(['fx-rates'])
  let answer = (): void => undefined
  const held = new Promise<void>((go) => (answer = go))
  await page.route('**/api/catalog/find?*', async (route) => {
    await held
    await route.continue()
  })
  await page.keyboard.type('rates')
  await expect(chosen(page)).toContainText('fx-rates')
  answer()
  await expect(scope(page, /^All \d/)).toBeVisible()
  await expect(chosen(page)).toContainText('fx-rates')
})

test('nothing moves under the cursor when the server answers', async ({ page, finder }) => {
  const recent = ['component:default/payments-api', 'component:default/payments-ledger']
  await as(page, { ref: 'user:default/lena.v', name: 'Lena Vos', recent })
  await page.goto('/')
  await finder.open()
  let answer = (): void => undefined
  const held = new Promise<void>((go) => (answer = go))
  await page.route('**/api/catalog/find?*', async (route) => {
    await held
    await route.continue()
  })
  await page.keyboard.type('payments')
  await page.keyboard.press('ArrowDown')
  const before = await chosen(page).getAttribute('id')
  const name = await chosen(page).textContent()
  answer()
  await expect(scope(page, /^All \d/)).toBeVisible()
  await expect(page.getByRole('option').filter({ hasText: 'payments.v2' })).toBeVisible()
  expect(await chosen(page).getAttribute('id')).toBe(before)
  expect(await chosen(page).textContent()).toBe(name)
})

test('scopes have counts, and Tab goes through them', async ({ page, finder }) => {
  await page.goto('/')
  await finder.open()
  await page.keyboard.type('pay')
  await expect(scope(page, /^All \d+$/)).toHaveAttribute('aria-pressed', 'true')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Tab')
  await expect(scope(page, /^APIs \d+$/)).toHaveAttribute('aria-pressed', 'true')
  await expect(finder.options.filter({ hasText: 'payments-api' })).toHaveCount(0)
  await expect(finder.options.first()).toContainText('payments.v2')
  await page.keyboard.press('Shift+Tab')
  await expect(scope(page, /^Catalog/)).toHaveAttribute('aria-pressed', 'true')
  await expect(finder.field).toBeFocused()
})

test('# finds by tag', async ({ page, finder }) => {
  await page.goto('/')
  const answer = await page.request.get('/api/catalog/entity-facets?facet=metadata.tags&filter=kind=component')
  const { facets } = (await answer.json()) as { facets: Record<string, { value: string; count: number }[]> }
  const tag = facets['metadata.tags']?.[0]
  if (!tag) throw new Error('no component of the sample organisation has a tag')
  await finder.open()
  await page.keyboard.type(`#${tag.value}`)
  await expect(finder.options.first()).toContainText(`#${tag.value}`)
})

test('> does things', async ({ page, finder }) => {
  await page.goto('/')
  await finder.open()
  await page.keyboard.type('> dark')
  await expect(finder.options).toHaveCount(1)
  await page.keyboard.press('Enter')
  await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', 'dark')
  await finder.open()
  await page.keyboard.type('> closer')
  await page.keyboard.press('Enter')
  await expect(page.locator('html')).toHaveAttribute('data-density', 'compact')
})

test('→ offers what can be done with a hit, and Escape leads back', async ({ page, finder }) => {
  await page.goto('/')
  await finder.open()
  await page.keyboard.type('payments-led')
  await expect(finder.options.first()).toContainText('payments-ledger')
  await page.keyboard.press('ArrowRight')
  await expect(page.getByRole('group', { name: 'What to do with it' })).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(finder.field).toHaveValue('payments-led')
  await page.keyboard.press('ArrowRight')
  await page.keyboard.type('hist')
  await expect(finder.options).toHaveCount(1)
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL('/catalog/default/component/payments-ledger/history')
})

test('actions of a page are offered on it', async ({ page, finder, entity }) => {
  await entity.open('component', 'payments-api')
  await finder.open()
  const here = page.getByRole('group', { name: 'On this page' })
  await here.getByRole('option', { name: 'Star it' }).click()
  await finder.open()
  await expect(here.getByRole('option', { name: 'Take its star back' })).toBeVisible()
  await page.keyboard.type('source')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/payments-api\/source$/)
})

test('⇧↵ shows all of it in the catalog', async ({ page, finder }) => {
  await page.goto('/')
  await finder.open()
  await page.keyboard.type('pay')
  await expect(finder.options.first()).toBeVisible()
  await expect(scope(page, /^All \d+$/)).toBeVisible()
  await page.keyboard.press('Shift+Enter')
  await expect(page).toHaveURL(/\/catalog\?kind=\w+&q=pay$/)
})

test('what is mistyped is guessed at, and what is not there is said', async ({ page, finder }) => {
  await page.goto('/')
  await finder.open()
  await page.keyboard.type('paymnets-ledger')
  await expect(
    page.getByRole('group', { name: 'Did you mean' }).getByRole('option', { name: 'payments-ledger' }).first(),
  ).toBeVisible()
  await finder.field.fill('zzqx')
  await expect(page.getByText('Nothing matches “zzqx”.')).toBeVisible()
})

test('the field is a combobox that names what it stands on', async ({ page, finder }) => {
  await page.goto('/')
  await finder.open()
  await page.keyboard.type('pay')
  await expect(scope(page, /^All \d+$/)).toBeVisible()
  await page.keyboard.press('ArrowDown')
  const active = await finder.field.getAttribute('aria-activedescendant')
  await expect(page.locator(`#${active ?? 'none'}`)).toHaveAttribute('aria-selected', 'true')
  await expect(page.getByRole('listbox', { name: 'Results' })).toHaveAttribute(
    'id',
    (await finder.field.getAttribute('aria-controls')) ?? '',
  )
  await expect(page.getByRole('status').filter({ hasText: /^\d+ results$/ })).toHaveCount(1)
})

test('what is mine comes first among equals, and says so', async ({ page, finder }) => {
  await as(page, { ref: 'user:default/ines.r', name: 'Ines Roca' })
  await page.goto('/')
  await expect(page.getByRole('table')).toBeVisible()
  await finder.open()
  await page.keyboard.type('pay led')
  await expect(finder.options.first()).toContainText('Payments, yours')
})

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [1440, 390]) {
    test(`${colorScheme}, ${width} px: nothing serious`, async ({ page, finder }) => {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      await page.setViewportSize({ width, height: 844 })
      await page.goto('/')
      await finder.open()
      await page.keyboard.type('pay')
      await expect(scope(page, /^All \d+$/)).toBeVisible()
      expect(await serious(page)).toEqual([])
      if (width === 390) {
        const box = await page.getByRole('dialog', { name: 'Find anything' }).boundingBox()
        expect(box).toMatchObject({ x: 0, y: 0, width: 390 })
        await page.getByRole('button', { name: 'Close' }).click()
        await expect(finder.field).toBeHidden()
      }
    })
  }
}
