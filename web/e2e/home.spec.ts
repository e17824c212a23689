import { serious } from './axe.ts'
import { expect, test, type Page } from './fixtures.ts'
import { as } from './person.ts'

const INES = { ref: 'user:default/ines.r', name: 'Ines Roca' }

const heading = (page: Page) => page.getByRole('heading', { level: 1 })
const region = (page: Page, name: string) => page.getByRole('region', { name, exact: true })

/** What the owners own, as the server would answer it. */
function owned(items: object[], levels = { bad: 0, warn: 0, later: 0 }): object {
  return { revision: 1, total: items.length, kinds: { component: items.length }, levels, items }
}

function service(name: string, over: object = {}): object {
  const metadata = { name, namespace: 'default' }
  const spec = { type: 'service', lifecycle: 'production', owner: 'payments' }
  const entity = { apiVersion: 'backstage.io/v1alpha1', kind: 'Component', metadata, spec }
  return { entity, changedAt: '2026-11-02T09:00:00Z', users: 0, level: 0, needs: [], ...over }
}

test('a person sees what asks for them, what is theirs and who they are with', async ({ page }) => {
  await as(page, {
    ...INES,
    starred: ['component:default/booking-api'],
    recent: ['api:default/payments.v2', 'component:default/not-any-more'],
  })
  await page.goto('/')
  // Two files claim quay-radio, which is of Ines' team. What other walks declare meanwhile is of that team, too.
  await expect(heading(page)).toHaveText(/^[A-Z][a-z]+ of the \d+ things you own needs? a look\. *$/)
  await expect(page.getByText(/^(Good (morning|afternoon|evening)|Hello), Ines$/)).toBeVisible()
  const asks = region(page, 'Needs you').getByRole('listitem').filter({ hasText: 'quay-radio' })
  await expect(asks).toHaveCount(1)
  await expect(asks.getByRole('link', { name: 'See its file' })).toBeVisible()

  const rows = page.getByRole('table').locator('tbody').getByRole('row')
  await expect(rows.filter({ hasText: 'quay-radio' })).toBeVisible()
  await expect(rows.filter({ hasText: /In order · used by \d/ }).first()).toBeVisible()
  // The list of the catalog is of one kind, so there is a way to each.
  const kinds = region(page, 'What you own')
  for (const [name, kind] of [
    [/^\d+ components$/, 'component'],
    [/^\d+ APIs?$/, 'api'],
  ] as const)
    await expect(kinds.getByRole('link', { name })).toHaveAttribute(
      'href',
      new RegExp(`kind=${kind}&owner=user:default/ines\\.r&owner=group:default/payments`),
    )

  const rail = page.getByRole('complementary', { name: 'Yours' })
  await expect(rail.getByRole('link', { name: /^(PA)?Payments/ })).toContainText(/7 people, owns \d+/)
  // The open column has them; where it is folded, the rail.
  await expect(rail.getByRole('region', { name: 'Starred' })).toBeHidden()
  await page.keyboard.press('[')
  await expect(rail.getByRole('region', { name: 'Starred' })).toContainText('booking-api')
  const recent = rail.getByRole('region', { name: 'Recent' })
  await expect(recent.getByRole('link')).toHaveCount(1)
  await expect(recent).toContainText('not there any more')
  const start = rail.getByRole('region', { name: 'Start' })
  for (const [name, to] of [
    ['Register something that exists', '/catalog-import'],
    ['See the graph', '/catalog-graph'],
    ['APIs', '/api-docs'],
  ] as const)
    await expect(start.getByRole('link', { name })).toHaveAttribute('href', to)
})

test('a change around a person shows by itself, as one sentence', async ({ page, declare }) => {
  await as(page, INES)
  declare('harbour-bell', 'Rings.')
  await page.goto('/')
  await expect(page.getByRole('table')).toBeVisible()
  const added = '/api/catalog/entities/by-name/component/default/harbour-bell'
  await expect.poll(async () => (await page.request.get(added)).status()).toBe(200)
  declare('harbour-bell', 'Rings at noon.')
  const around = region(page, 'Changed around you').getByRole('listitem')
  await expect(around.filter({ hasText: 'harbour-bell changed its description' })).toHaveCount(1)
})

test('what was added at once is one line', async ({ page }) => {
  await as(page, INES)
  await page.goto('/')
  await expect(
    region(page, 'Changed around you')
      .getByRole('listitem')
      .filter({ hasText: /^\d+ entities were added: .+ and \d+ more\./ }),
  ).not.toHaveCount(0)
})

test('a fault says where it is, and what can wait stands beside', async ({ page }) => {
  await as(page, INES)
  const message = 'payments/catalog-info.yaml:9:3: ownr is not a field of Component'
  await page.route('**/api/catalog/owned?*', (route) =>
    route.fulfill({
      json: owned(
        [
          service('ledger', { level: 3, needs: [{ what: 'error', message }] }),
          service('fares', { level: 1, needs: [{ what: 'deprecated', ref: 'api:default/payments.v2' }] }),
          service('calm', { users: 4 }),
        ],
        { bad: 1, warn: 0, later: 1 },
      ),
    }),
  )
  await page.goto('/')
  await expect(heading(page)).toHaveText(/^One of your 3 services needs a correction\. *$/)
  const item = region(page, 'Needs you').getByRole('listitem')
  await expect(item).toContainText('payments/catalog-info.yaml:9:3')
  await expect(item).toContainText('Ownr is not a field of Component.')
  await expect(item.getByRole('link', { name: 'See the line' })).toHaveAttribute(
    'href',
    '/catalog/default/component/ledger/source',
  )
  await expect(region(page, 'Waiting on you')).toContainText('fares uses it.')
  await expect(region(page, 'Your services').getByRole('row').last()).toContainText('In order · used by 4')
})

test('more that asks than is listed leads to the catalog, a kind at a time', async ({ page }) => {
  await as(page, INES)
  const need = { level: 2, needs: [{ what: 'conflict' }] }
  const items = Array.from({ length: 60 }, (_, i) => service(`s${String(i)}`, need))
  await page.route('**/api/catalog/owned?*', (route) =>
    route.fulfill({ json: owned(items, { bad: 0, warn: 70, later: 0 }) }),
  )
  // Of what the sample really has, two files claim one component of the team.
  await page.goto('/')
  const asks = region(page, 'Needs you')
  await expect(asks).toContainText('And 65 more. All of it in the catalog: ')
  await asks.getByRole('link', { name: /^\d+ components?$/ }).click()
  await expect(page).toHaveURL(/kind=component&owner=.*attention=true/)
  await expect(page.getByRole('link', { name: 'quay-radio' })).toBeVisible()
})

test('the newest star stands first, and all of them are led to', async ({ page }) => {
  const starred = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((n) => `api:default/old-${n}`)
  await as(page, { ...INES, starred: [...starred, 'component:default/booking-api'] })
  await page.goto('/')
  const column = page.getByRole('list', { name: 'Starred' })
  await expect(column.getByRole('link').first()).toHaveText('booking-api')
  await expect(column.getByRole('link', { name: 'All 8 starred' })).toHaveAttribute('href', '/settings/kept')
  await page.keyboard.press('[')
  await expect(region(page, 'Starred').getByRole('listitem').first()).toHaveText('booking-api')
  await page.keyboard.press('ControlOrMeta+k')
  const offered = page.getByRole('dialog').getByRole('option')
  await expect(offered.filter({ hasText: 'booking-api' })).toBeVisible()
})

test('all well is a quiet sentence', async ({ page }) => {
  await as(page, INES)
  await page.route('**/api/catalog/owned?*', (route) => route.fulfill({ json: owned([service('a'), service('b')]) }))
  await page.goto('/')
  await expect(heading(page)).toHaveText(/^All 2 of your services are in order\. *$/)
  await expect(region(page, 'Needs you')).toHaveCount(0)
  await expect(region(page, 'Waiting on you')).toHaveCount(0)
})

test('whoever may decide about a held removal is asked to', async ({ page }) => {
  await as(page, { ...INES, operator: true })
  await page.route('**/api/catalog/sources', async (route) => {
    const answer = await route.fetch()
    const { items } = (await answer.json()) as { items: object[] }
    const held = { missing: 148, of: 412, refs: [], digest: 'x' }
    await route.fulfill({ json: { items: [{ ...items[0], state: 'held', held }, ...items.slice(1)] } })
  })
  await page.goto('/')
  await expect(heading(page)).toContainText('One source waits for your decision.')
  await expect(region(page, 'Needs you')).toContainText('148 of 412 entities would disappear. Nothing was removed.')
  await expect(region(page, 'Needs you').getByRole('link', { name: 'Decide' })).toHaveAttribute(
    'href',
    '/operate/sources',
  )
})

test('without a team the page says how one gets known, and shows the catalog', async ({ page }) => {
  await as(page, { ref: 'user:default/new', name: 'Nadia New' })
  await page.goto('/')
  await expect(heading(page)).toHaveText(/^You are not in a team yet\. *$/)
  await expect(region(page, 'Your team')).toContainText('user:default/new')
  await expect(region(page, 'Changed lately')).toBeVisible()
  await expect(page.getByRole('complementary', { name: 'In the catalog' })).toBeVisible()
})

test('who really signed in sees what their team owns', async ({ page, portals }) => {
  await page.goto(`${portals.proxyUrl}/`)
  await page.getByRole('link', { name: 'Continue with company account' }).click()
  await expect(heading(page)).toHaveText(/^Your service is in order\. *$/)
  await expect(page.getByRole('table')).toContainText('tide-table')
})

test('an empty catalog shows the way in', async ({ page }) => {
  await page.route('**/api/catalog/entity-facets', (route) => route.fulfill({ json: { facets: { kind: [] } } }))
  await page.goto('/')
  await expect(heading(page)).toHaveText(/^The catalog is empty\. *$/)
  await expect(page.getByRole('link', { name: 'How to add a source' })).toHaveAttribute('href', '/operate/sources')
  expect(await serious(page)).toEqual([])
})

test.describe('where the server fails', () => {
  test('what is kept is said, and it can be tried again', async ({ page, quiet }) => {
    await as(page, INES)
    let fail = true
    await page.route('**/api/catalog/owned?*', async (route) => {
      if (fail) await route.fulfill({ status: 400, json: { error: { name: 'InputError', message: 'no' } } })
      else await route.fallback()
    })
    await page.goto('/')
    await expect(page.getByRole('alert')).toContainText('What you own did not load.')
    await expect(heading(page)).toHaveText(/^What you own is not known\. *$/)
    fail = false
    await page.getByRole('button', { name: 'Try again' }).click()
    await expect(page.getByRole('table')).toBeVisible()
    // The browser tells of each answer that is none.
    for (let i = quiet.length - 1; i >= 0; i--) if (quiet[i]?.includes('/api/catalog/owned')) quiet.splice(i, 1)
  })

  test('teams that do not load are said, and can be tried again', async ({ page, quiet }) => {
    await as(page, INES)
    let fail = true
    await page.route('**/api/catalog/entities/by-refs*', async (route) => {
      const { entityRefs } = route.request().postDataJSON() as { entityRefs: string[] }
      if (fail && entityRefs.includes(INES.ref))
        await route.fulfill({ status: 400, json: { error: { name: 'InputError', message: 'no' } } })
      else await route.fallback()
    })
    await page.goto('/')
    await expect(page.getByRole('alert')).toContainText('Your teams did not load.')
    await expect(heading(page)).toHaveText(/^What you own is not known\. *$/)
    fail = false
    await page.getByRole('button', { name: 'Try again' }).click()
    await expect(page.getByRole('table')).toBeVisible()
    for (let i = quiet.length - 1; i >= 0; i--) if (quiet[i]?.includes('/by-refs')) quiet.splice(i, 1)
  })

  test('whoever only looks is told what is not known', async ({ page, quiet }) => {
    let fail = true
    await page.route('**/api/catalog/problems*', async (route) => {
      if (fail) await route.fulfill({ status: 400, json: { error: { name: 'InputError', message: 'no' } } })
      else await route.fallback()
    })
    await page.goto('/')
    await expect(page.getByRole('alert')).toContainText('The problems did not load.')
    await expect(page.getByRole('alert')).toContainText('Whether something needs you is not known.')
    fail = false
    await page.getByRole('button', { name: 'Try again' }).click()
    await expect(page.getByRole('alert')).toHaveCount(0)
    for (let i = quiet.length - 1; i >= 0; i--) if (quiet[i]?.includes('/api/catalog/problems')) quiet.splice(i, 1)
  })
})

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [1440, 1024, 390]) {
    test(`${colorScheme}, ${width} px: nothing serious, nothing cut, one order`, async ({ page }) => {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      await page.setViewportSize({ width, height: 900 })
      await as(page, { ...INES, operator: true, starred: ['component:default/payments-api'] })
      await page.goto('/')
      await expect(page.getByRole('table')).toBeVisible()
      await expect(page.locator('[aria-busy=true]')).toHaveCount(0)
      expect(await serious(page)).toEqual([])
      const wide = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      )
      expect(wide).toBeLessThanOrEqual(0)
      const top = async (name: string) => (await region(page, name).boundingBox())?.y ?? -1
      const order = [
        await top('Needs you'),
        await top('What you own'),
        await top('Waiting on you'),
        await top('Changed around you'),
      ]
      if (width < 1200) expect(order).toEqual([...order].sort((a, b) => a - b))
      else expect(order[2]).toBeLessThan(order[1] ?? 0)
    })
  }
}

test('a guest who stands for a member of a team sees what it sees, any other the whole catalog', async ({ page }) => {
  await as(page, { ref: 'user:default/guest', name: 'Guest', guest: true })
  await page.goto('/')
  await expect(region(page, 'Your team')).toContainText('Payments')
  await expect(region(page, 'What you own').getByRole('row').filter({ hasText: 'payments-api' })).toBeVisible()
  await expect(page.getByText(/^(Good|Hello)/)).toHaveCount(0)

  await as(page, { ref: 'user:default/nobody', name: 'Guest', guest: true })
  await page.reload()
  await expect(page.getByRole('complementary', { name: 'In the catalog' })).toBeVisible()
  await expect(region(page, 'What you own')).toHaveCount(0)
})
