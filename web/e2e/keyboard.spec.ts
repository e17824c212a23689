import { expect, test, type Page } from './fixtures.ts'

// The main job by the keyboard alone: no click, no hover, and nothing focused but by a key.
const focused = (page: Page) => page.locator(':focus')

/** What the focus is on, as it is called. */
const calledNow = (page: Page) =>
  page.evaluate(() => {
    const at = document.activeElement
    return (at?.getAttribute('aria-label') ?? at?.textContent ?? '').trim()
  })

/** Presses the key until the focus is on what is called so; ends after as many stops as a page may ask of somebody. */
async function until(page: Page, key: string, name: string, most: number): Promise<void> {
  for (let i = 0; i < most; i++) {
    if ((await calledNow(page)) === name) return
    await page.keyboard.press(key)
  }
  throw new Error(`${key} does not lead to ${name} within ${String(most)} stops`)
}

test('from the door to what breaks, a star, and back, without a mouse', async ({ page, finder }) => {
  test.setTimeout(60_000)
  const heading = page.getByRole('heading', { level: 1 })
  await page.goto('/')
  await expect(heading).toBeVisible()

  // ⌘K to the entity.
  await finder.open()
  await page.keyboard.type('payments-api')
  await expect(finder.options.first()).toContainText('payments-api')
  await page.keyboard.press('Enter')
  await expect(heading).toHaveText('payments-api')

  // Its dependencies by the number of the tab, and on to one of them by the table.
  const tabs = page.getByRole('navigation', { name: 'Parts of the page' }).getByRole('link')
  await expect(tabs.first()).toBeVisible()
  const names = await tabs.allTextContents()
  await page.keyboard.press(String(names.findIndex((name) => name.startsWith('Dependencies')) + 1))
  await expect(page).toHaveURL(/\/dependencies/)
  await expect(page.getByRole('button', { name: 'Table' })).toBeVisible()
  await until(page, 'Tab', 'Table', 60)
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/view=table/)
  await expect(page.getByRole('table').getByRole('link', { name: 'payments-ledger' })).toBeVisible()
  await until(page, 'Tab', 'payments-ledger', 80)
  await expect(focused(page)).toBeInViewport()
  await page.keyboard.press('Enter')
  await expect(heading).toHaveText('payments-ledger')

  // A star, and back the way it came.
  const star = page.getByRole('button', { name: /star/i }).first()
  await expect(star).toHaveAttribute('aria-pressed', 'false')
  await page.keyboard.press('s')
  await expect(star).toHaveAttribute('aria-pressed', 'true')
  await page.goBack() // a browser's own key
  await expect(heading).toHaveText('payments-api')
  await expect(page).toHaveURL(/view=table/)

  // By the catalog and its filter, too; the star is still there, and goes by the same key.
  await page.keyboard.press('g')
  await page.keyboard.press('c')
  await expect(heading).toHaveText('Catalog')
  await page.keyboard.press('/')
  await page.keyboard.type('ledger')
  await expect(page.getByRole('grid').getByRole('link', { name: 'payments-ledger' })).toBeVisible()
  await expect(page).toHaveURL(/q=ledger/)
  await until(page, 'Tab', 'payments-ledger', 60)
  await page.keyboard.press('Enter')
  await expect(heading).toHaveText('payments-ledger')
  await page.keyboard.press('s')
  await expect(star).toHaveAttribute('aria-pressed', 'false')
})
