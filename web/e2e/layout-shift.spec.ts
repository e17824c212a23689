import { addressOf, type EveryPage } from './every-page.ts'
import { expect, test } from './fixtures.ts'

// What jumps while a page comes, by the measure of the browser. A shift is not a time, so a busy machine may be asked it.
const MOST = 0.02
const pages = [
  '/',
  '/catalog?kind=component',
  '/catalog?kind=component&view=map',
  '/catalog/default/component/payments-api',
  '/catalog/default/component/payments-api/source',
  '/catalog/default/component/payments-api/history',
  '/catalog/default/component/payments-api/dependencies',
  '/catalog/default/component/legacy-fares',
  '/catalog/default/api/fares.v3',
  '/catalog/default/api/payments.v2',
  '/catalog/default/api/payments.v2/api',
  '/api-docs',
  '/catalog-graph',
  '/catalog-import',
  '/settings',
]

test.beforeEach(async ({ page }) => {
  await page.addInitScript(() => {
    const shifts: number[] = []
    Object.assign(window, { shifts })
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean })[])
        if (!entry.hadRecentInput) shifts.push(entry.value)
    }).observe({ type: 'layout-shift', buffered: true })
  })
})

const signedIn: EveryPage[] = ['/', '/settings/tokens'].map((path) => ({
  name: `${path} of a person`,
  path,
  signedIn: true,
}))

for (const one of [...pages.map((path): EveryPage => ({ name: path, path })), ...signedIn]) {
  test(`nothing jumps on ${one.name}`, async ({ page, portals }) => {
    await page.goto(await addressOf(one, portals))
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
    // The stream of changes stays open, but it is no request that a page waits for.
    await page.waitForLoadState('networkidle')
    await expect(page.locator('main [aria-busy=true]')).toHaveCount(0)
    const shifted = await page.evaluate(() =>
      (window as unknown as { shifts: number[] }).shifts.reduce((sum, value) => sum + value, 0),
    )
    expect(shifted).toBeLessThan(MOST)
  })
}

test('a page asks for one file of styles, whatever is on it', async ({ page }) => {
  const styles = new Set<string>()
  page.on('request', (request) => {
    if (request.resourceType() === 'stylesheet') styles.add(new URL(request.url()).pathname)
  })
  await page.goto('/catalog/default/component/payments-api/dependencies')
  await expect(page.getByRole('group', { name: /^Graph of/ })).toBeVisible()
  await page.waitForLoadState('networkidle')
  expect([...styles]).toHaveLength(1)
})
