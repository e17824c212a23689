import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { serious } from './axe.ts'
import { expect, test } from './fixtures.ts'
import { c, GraphPage, LAID } from './graph-page.ts'
import { as } from './person.ts'
import { componentFile } from './files.ts'

test.describe.configure({ timeout: 120_000 })
test.use({ contextOptions: { reducedMotion: 'reduce' } })

test('dependencies are a graph that reads from the user to what it needs', async ({ page }) => {
  const graph = new GraphPage(page)
  await graph.dependencies('payments-api')
  const x = async (ref: string) => (await graph.box(ref).boundingBox())?.x ?? NaN
  const [user, api, self, need] = [
    await x(c('refund-worker')),
    await x('api:default/payments.v2'),
    await x(c('payments-api')),
    await x(c('payments-ledger')),
  ]
  expect(user).toBeLessThan(api)
  expect(api).toBeLessThan(self)
  expect(self).toBeLessThan(need)
  await expect(page.getByText(/^\d+ entities within two steps.*dashed lines are API calls\.$/)).toBeVisible()
  await expect(
    page
      .getByRole('status')
      .filter({ hasText: /^One step away: \d+ use it, 2 are APIs that it provides and it needs \d+$/ }),
  ).toBeVisible()
})

test('what is chosen says why it is there, and which line of which file says so', async ({ page }) => {
  const graph = new GraphPage(page)
  await graph.dependencies('payments-api')
  await graph.box(c('payments-ledger')).dispatchEvent('click')
  await expect(graph.about.getByRole('heading', { name: 'payments-ledger' })).toBeVisible()
  await expect(graph.about).toContainText('payments-api depends on payments-ledger')
  const declared = graph.about.getByRole('link', { name: /catalog-info\.yaml:\d+$/ })
  await expect(declared).toHaveAttribute('href', '/catalog/default/component/payments-api/source')
  await expect(page).toHaveURL(/at=component:default\/payments-ledger/)
  await graph.about.getByRole('button', { name: 'Focus here' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('payments-ledger')
})

test('every filter stands in the address and comes back from it', async ({ page }) => {
  const graph = new GraphPage(page)
  await graph.dependencies('payments-api')
  await graph.button('Users').click()
  await expect(page).toHaveURL(/side=users/)
  await expect(graph.box(c('payments-ledger'))).toHaveCount(0, LAID)
  await graph.button('1').click()
  await expect(page).toHaveURL(/depth=1/)
  await page.getByRole('checkbox', { name: /^depends on/ }).uncheck()
  await expect(page).toHaveURL(/rel=consumesApi&rel=providesApi/)
  await expect(graph.box(c('refund-worker'))).toHaveCount(0, LAID)
  await graph.button('Group by system').click()
  await expect(page).toHaveURL(/group=off/)
  const refs = await graph.boxes.evaluateAll((all) => all.map((b) => b.getAttribute('data-box')).sort())
  await page.reload()
  await expect(graph.boxes).toHaveCount(refs.length, LAID)
  await expect(graph.button('Users')).toHaveAttribute('aria-pressed', 'true')
  await expect(page.getByRole('checkbox', { name: /^depends on/ })).not.toBeChecked()
  await page.goBack()
  await expect(graph.button('Group by system')).toHaveAttribute('aria-pressed', 'true')
})

test('what breaks is counted, drawn in red, and has a twin', async ({ page }) => {
  const graph = new GraphPage(page)
  await graph.dependencies('payments-ledger')
  await graph.button('What breaks if this goes').click()
  const answer = page.getByRole('status').filter({ hasText: 'if payments-ledger goes' })
  await expect(answer).toContainText(/^\d+ entities in all feel it .*: \d+ uses? it.* further away/)
  const said = Number(/^(\d+)/.exec(await answer.innerText())?.[1])
  await expect.poll(() => graph.entities(), LAID).toBe(said + 1)
  await expect(graph.box(c('payments-api'))).toBeVisible()
  await expect(page).toHaveURL(/impact=users/)
  await graph.button('What it breaks with').click()
  await expect(page.getByRole('status').filter({ hasText: 'can take payments-ledger down' })).toBeVisible()
  await expect(graph.box(c('payments-api'))).toHaveCount(0, LAID)
})

test('the tab counts what the sentence tells, and what breaks begins with the same', async ({ page }) => {
  const graph = new GraphPage(page)
  await graph.dependencies('payments-api')
  const one = await page.getByRole('status').filter({ hasText: 'One step away' }).innerText()
  const sum = (one.match(/\d+/g) ?? []).reduce((all, n) => all + Number(n), 0)
  await expect(page.getByRole('link', { name: `Dependencies ${String(sum)} one step away` })).toBeVisible()
  await graph.button('1').click()
  await expect(page.getByText(`${String(sum)} entities within one step`)).toBeVisible()
  await graph.button('What breaks if this goes').click()
  const users = /\d+ use it, 2 are APIs that it provides/.exec(one)?.[0] ?? 'none'
  await expect(page.getByRole('status').filter({ hasText: 'if payments-api goes: ' })).toContainText(users)
  await page.getByRole('button', { name: 'More actions' }).click()
  await page.getByRole('menuitem', { name: 'Unregister…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Unregister payments-api' })
  await expect(dialog.getByRole('heading', { level: 3 })).toContainText(users.replace(',', ' and'))
})

for (const theme of ['light', 'dark'] as const)
  test(`lines are drawn with all of their colour, ${theme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: theme })
    const graph = new GraphPage(page)
    await graph.dependencies('payments-api', '?rel=dependsOn&rel=consumesApi&rel=providesApi&rel=ownedBy')
    const lines = await graph.canvas.locator('[data-wire]').evaluateAll((all) =>
      all.map((line) => {
        const { stroke, opacity, strokeWidth } = getComputedStyle(line)
        const scale = line.getBoundingClientRect().width / ((line as SVGGraphicsElement).getBBox().width || 1)
        return { stroke, opacity, wide: parseFloat(strokeWidth) * scale }
      }),
    )
    expect(new Set(lines.map(({ opacity }) => opacity))).toEqual(new Set(['1']))
    // Needs, what is provided, and what belongs: told apart, and none of them a hair.
    expect(new Set(lines.map(({ stroke }) => stroke)).size).toBe(3)
    expect(Math.min(...lines.map(({ wide }) => wide))).toBeGreaterThan(0.85)
  })

test('the keyboard walks along the lines, focuses, opens and leaves', async ({ page }) => {
  const graph = new GraphPage(page)
  await graph.dependencies('payments-api')
  await graph.box(c('payments-api')).focus()
  await page.keyboard.press('ArrowRight')
  await expect(graph.box(c('payments-api'))).not.toBeFocused()
  const needed = await page.evaluate(() => document.activeElement?.getAttribute('data-box') ?? '')
  expect(needed).not.toBe('')
  await page.keyboard.press('ArrowLeft')
  await page.keyboard.press('ArrowRight')
  await expect(graph.box(needed)).toBeFocused()
  await page.keyboard.press('Escape')
  await expect(graph.button('Graph')).toBeFocused()
  // One stop for the whole graph: the box that was walked to.
  await expect(graph.canvas.locator('[data-box][tabindex="0"]')).toHaveCount(1)
  await graph.box(needed).focus()
  await page.keyboard.press('t')
  await expect(graph.table).toBeVisible()
  await expect(page).toHaveURL(/view=table/)
  await graph.button('Graph').click()
  await graph.box(needed).focus()
  await page.keyboard.press('f')
  await expect(page).toHaveURL(/\/dependencies/)
  await expect(page.getByRole('heading', { level: 1 })).not.toHaveText('payments-api')
  const name = needed.slice(needed.indexOf('/') + 1)
  await expect(page).toHaveURL(new RegExp(`/${name}/dependencies`))
  await graph.box(needed).focus()
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(new RegExp(`/${name}$`))
})

test('one more step is loaded in place, and what is known stays where it is', async ({ page }) => {
  const graph = new GraphPage(page)
  await graph.dependencies('payments-api', '?group=off')
  const badge = graph.canvas.getByRole('button', { name: /^Show \d+ more around fx-rates$/ })
  const before = await graph.boxes.count()
  const place = (ref: string) => graph.box(ref).evaluate((el) => el.closest('.react-flow__node')?.getAttribute('style'))
  const stood = await place(c('payments-ledger'))
  await badge.evaluate((el) => {
    ;(el as HTMLElement).click()
  })
  await expect(badge).toHaveCount(0, LAID)
  expect(await graph.boxes.count()).toBeGreaterThan(before)
  expect(await place(c('payments-ledger'))).toBe(stood)
  await expect(page).toHaveURL(/more=component:default\/fx-rates/)
})

test('the table has the same entities, with relation, owner, steps and the way', async ({ page }) => {
  const graph = new GraphPage(page)
  await graph.dependencies('payments-api')
  const shown = await graph.entities()
  await graph.button('Table').click()
  await expect(graph.table.locator('tbody tr')).toHaveCount(shown - 1)
  const row = graph.table.getByRole('row', { name: /fx-rates-cache/ })
  await expect(row).toContainText('fx-rates depends on it')
  await expect(row).toContainText('2')
  await page.getByRole('checkbox', { name: /^depends on/ }).uncheck()
  await expect(row).toHaveCount(0)
})

test('on a phone the table comes first', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 })
  await page.goto('/catalog/default/component/payments-api/dependencies')
  const graph = new GraphPage(page)
  await expect(graph.table).toBeVisible()
  await expect(graph.canvas).toHaveCount(0)
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth)
  expect(wide).toBe(false)
})

for (const theme of ['light', 'dark'] as const) {
  test(`it is saved as SVG and as PNG, ${theme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: theme })
    const graph = new GraphPage(page)
    await graph.dependencies('payments-ledger')
    const save = async (format: string) => {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: `Save as ${format}` }).click(),
      ])
      return { name: download.suggestedFilename(), file: readFileSync(await download.path()) }
    }
    const svg = await save('SVG')
    expect(svg.name).toBe('payments-ledger-dependencies.svg')
    const text = svg.file.toString()
    // A page without the portal's policy, which lets nobody parse text.
    const blank = await page.context().newPage()
    const parsed = await blank.evaluate((xml) => {
      const doc = new DOMParser().parseFromString(xml, 'image/svg+xml')
      return {
        fault: doc.querySelector('parsererror')?.textContent ?? '',
        root: doc.documentElement.nodeName,
        words: [...doc.querySelectorAll('text')].map((t) => t.textContent),
      }
    }, text)
    expect(parsed.fault).toBe('')
    expect(parsed.root).toBe('svg')
    expect(parsed.words).toContain('payments-api')
    expect(text).not.toMatch(/var\(|oklch|foreignObject|NaN|fill=""/)
    const png = await save('PNG')
    expect(png.name).toBe('payments-ledger-dependencies.png')
    expect(png.file.subarray(0, 8)).toEqual(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]))
    // Width and height stand in the first chunk.
    expect(png.file.readUInt32BE(16)).toBeGreaterThan(400)
    const shades = /<rect [^>]*fill="(#[0-9a-f]{6})"/.exec(text)?.[1] ?? ''
    expect(parseInt(shades.slice(1, 3), 16) > 128).toBe(theme === 'light')
  })

  test(`axe finds nothing serious in graph, table and diagrams, ${theme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: theme })
    const graph = new GraphPage(page)
    await graph.dependencies('payments-api', '?impact=users')
    expect(await serious(page)).toEqual([])
    await graph.button('Table').click()
    await expect(graph.table).toBeVisible()
    expect(await serious(page)).toEqual([])
    await graph.open('/catalog-graph')
    expect(await serious(page)).toEqual([])
    await graph.open('/catalog/default/system/payments')
    expect(await serious(page)).toEqual([])
    await page.goto('/catalog/default/group/commerce')
    await expect(page.getByRole('region', { name: 'Where it stands' }).getByText('7 people')).toBeVisible()
    expect(await serious(page)).toEqual([])
  })
}

test('the graph of everything begins at the largest systems and opens them', async ({ page }) => {
  const graph = new GraphPage(page)
  await graph.open('/catalog-graph')
  await expect(page.getByText('systems with the most inside')).toBeVisible()
  const payments = graph.box('fold system:default/payments')
  await payments.dispatchEvent('click')
  await expect(graph.about).toContainText('A system, folded')
  await graph.about.getByRole('button', { name: 'Unfold' }).click()
  await expect(graph.box(c('payments-api'))).toBeAttached(LAID)
  await expect(page).toHaveURL(/open=system:default\/payments/)
})

test('any entity is found by a part of its name and begun at', async ({ page }) => {
  await page.goto('/catalog-graph')
  const begin = page.getByRole('combobox', { name: 'Begin at' })
  await begin.fill('fare-eng')
  await expect(page.getByRole('option', { name: /fare-engine/ }).first()).toBeVisible()
  await begin.press('Enter')
  await expect(page).toHaveURL(/ref=component:default\/fare-engine/)
  await expect(new GraphPage(page).box(c('fare-engine'))).toBeAttached(LAID)
})

test('the way between two is drawn and told step by step', async ({ page }) => {
  const graph = new GraphPage(page)
  await graph.open(`/catalog-graph?from=${c('refund-assist')}&to=${c('payments-ledger')}`)
  await expect(page.getByRole('status').filter({ hasText: 'from refund-assist to payments-ledger' })).toContainText(
    'steps',
  )
  const steps = page.getByRole('list', { name: 'Step by step' }).getByRole('listitem')
  await expect(graph.boxes).toHaveCount((await steps.count()) + 1)
  await expect(steps.first()).toContainText('refund-assist')
})

test('where no way leads, it is said how far was looked', async ({ page, portals }) => {
  const file = join(portals.watched, 'lonely-buoy.yaml')
  writeFileSync(
    file,
    componentFile('lonely-buoy', 'Nothing names it.').replace('owner: payments', 'owner: nobody-at-all'),
  )
  await expect
    .poll(
      async () => {
        await page.goto('/catalog/default/component/lonely-buoy')
        return page.getByRole('heading', { level: 1 }).textContent()
      },
      { timeout: 40_000 },
    )
    .toBe('lonely-buoy')
  await page.goto(`/catalog-graph?from=${c('lonely-buoy')}&to=${c('payments-api')}`)
  await expect(page.getByRole('heading', { name: 'No way leads from lonely-buoy to payments-api' })).toBeVisible()
  await page.goto(`/catalog-graph?from=${c('lonely-buoy')}&to=domain:default/nowhere`)
  await expect(page.getByRole('heading', { name: 'nowhere is not in the catalog' })).toBeVisible()
  rmSync(file)
})

test('a link to the page of Backstage shows what it showed there', async ({ page }) => {
  const graph = new GraphPage(page)
  await graph.open(
    '/catalog-graph?rootEntityRefs[]=component:default/payments-api&maxDepth=1&selectedRelations[]=dependsOn&selectedRelations[]=dependencyOf&selectedKinds[]=component&unidirectional=true&mergeRelations=true&direction=LR&showFilters=true',
  )
  await expect(graph.box(c('payments-ledger'))).toBeAttached()
  const refs = await graph.boxes.evaluateAll((all) => all.map((b) => b.getAttribute('data-box') ?? ''))
  expect(refs.every((ref) => ref.startsWith('component:'))).toBe(true)
  await expect(page.getByRole('checkbox', { name: /^consumes an API/ })).not.toBeChecked()
})

test('a system shows its inside, and a click opens what it is on', async ({ page }) => {
  const graph = new GraphPage(page)
  await graph.open('/catalog/default/system/payments')
  await expect(graph.box(c('payments-api'))).toBeVisible()
  await graph.box(c('payments-api')).dispatchEvent('click')
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('payments-api')
})

test('a team stands in its tree, with people; a person in theirs', async ({ page }) => {
  await page.goto('/catalog/default/group/commerce')
  const tree = page.getByRole('region', { name: 'Where it stands' })
  await expect(tree.getByRole('link', { name: 'Marrowby' })).toBeVisible()
  await expect(tree.locator('[aria-current=true]')).toContainText('Commerce')
  await expect(tree.getByRole('listitem').filter({ hasText: 'Payments' }).last()).toContainText('7 people')
  await tree.getByRole('link', { name: 'Payments' }).click()
  await page.getByRole('region', { name: 'Members' }).getByRole('link').first().click()
  await expect(page.getByRole('region', { name: 'Teams' })).toContainText('Marrowby › Commerce')
})

test('a graph is shown whole where it can be read, again when the window changes, and not against the hand', async ({
  page,
}) => {
  const graph = new GraphPage(page)
  await graph.dependencies('payments-api')
  const all = await graph.boxes.count()
  const more = page.getByRole('button', { name: /outside Show all$/ })
  const percent = page.getByRole('group', { name: 'Zoom' }).locator('span')
  // What is further away is folded until there is room for the rest.
  await expect(graph.canvas.getByRole('button', { name: /^Unfold \d/ }).first()).toBeVisible()
  await expect(more).toBeHidden()
  await expect.poll(() => graph.inside()).toBe(all)
  await page.setViewportSize({ width: 2560, height: 1300 })
  await expect.poll(() => graph.inside()).toBe(all)
  for (let i = 0; i < 4; i++) await graph.button('Larger').click()
  await expect(more).toBeVisible()
  const chosen = await percent.innerText()
  await page.setViewportSize({ width: 2000, height: 1100 })
  await expect(percent).toHaveText(chosen)
  await more.click()
  await expect.poll(() => graph.inside()).toBe(all)
})

test('a box takes the pointer, and lifts its lines', async ({ page }) => {
  const graph = new GraphPage(page)
  await graph.dependencies('payments-api')
  const ledger = graph.box(c('payments-ledger'))
  await ledger.hover()
  await expect(graph.canvas.locator(`[data-wire="${c('payments-api')} → ${c('payments-ledger')}"]`)).toHaveAttribute(
    'data-lit',
    'true',
  )
  await ledger.click()
  await expect(graph.about.getByRole('heading', { name: 'payments-ledger' })).toBeVisible()
})

test('an entity is found in the graph by a part of its name', async ({ page }) => {
  const graph = new GraphPage(page)
  await graph.dependencies('payments-api')
  await page.keyboard.press('/')
  await expect(page.getByRole('combobox', { name: 'Find in the graph' })).toBeFocused()
  await page.keyboard.type('ledg')
  await expect(page.getByRole('option', { name: /payments-ledger/ })).toBeVisible()
  await page.keyboard.type('nothing')
  await expect(page.getByRole('option')).toHaveText('Nothing in this graph is called that')
  await page.getByRole('combobox', { name: 'Find in the graph' }).fill('payments-ledger')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/at=component:default\/payments-ledger/)
  await expect(graph.about.getByRole('heading', { name: 'payments-ledger' })).toBeVisible()
})

test('a way prefers use, says where only an owner connects, and leads around', async ({ page }) => {
  const graph = new GraphPage(page)
  await graph.open(`/catalog-graph?from=${c('refund-assist')}&to=${c('payments-ledger')}`)
  const said = page.getByRole('status').filter({ hasText: 'from refund-assist' })
  await expect(said).toContainText('3 steps')
  await page.getByRole('button', { name: 'Not through refund-worker' }).click()
  await expect(page).toHaveURL(/not=component:default\/refund-worker/)
  await expect(graph.box(c('refund-worker'))).toHaveCount(0, LAID)
  await page.getByRole('button', { name: 'Through refund-worker again' }).click()
  await expect(page).not.toHaveURL(/not=/)
  await graph.button('From user to need').click()
  await expect(page).toHaveURL(/way=along/)
  await expect(said).toContainText('3 steps')
  await graph.button('Turn around').click()
  await expect(page.getByRole('heading', { name: 'No way leads from payments-ledger to refund-assist' })).toBeVisible()
  await page.getByRole('button', { name: 'Look along every relation, either way' }).click()
  await expect(page.getByRole('status').filter({ hasText: 'from payments-ledger' })).toContainText('3 steps')
  await page.getByRole('checkbox', { name: 'depends on' }).uncheck()
  await expect(page).toHaveURL(/rel=consumesApi&rel=providesApi/)
})

test('somebody begins at the systems of their teams, with recent and starred to pick', async ({ page }) => {
  await as(page, {
    ref: 'user:default/ines.r',
    name: 'Ines Roca',
    recent: [c('fx-rates')],
    starred: ['system:default/payments'],
  })
  const graph = new GraphPage(page)
  await graph.open('/catalog-graph')
  await expect(graph.button('My teams')).toHaveAttribute('aria-pressed', 'true')
  await expect(page.getByText(/with what your teams own, and what touches/)).toBeVisible()
  await page.getByRole('combobox', { name: 'Begin at' }).click()
  await expect(page.getByRole('option', { name: /fx-rates recent/ })).toBeVisible()
  await expect(page.getByRole('option', { name: /payments starred/ })).toBeVisible()
  await page.keyboard.press('Escape')
  await graph.button('Everything').click()
  await expect(page).toHaveURL(/of=all/)
  await expect(page.getByText('systems with the most inside')).toBeVisible()
})
