import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from './fixtures.ts'
import { c, GraphPage, LAID } from './graph-page.ts'
import { componentFile } from './files.ts'
import { startPortal } from './server.ts'

test.skip(!process.env['PORTICO_BIN'], 'it starts a portal of its own: set PORTICO_BIN')
test.describe.configure({ timeout: 120_000 })
test.use({ contextOptions: { reducedMotion: 'reduce' } })

const config = `auth: {providers: {guest: {}}}
catalog: {locations: [{type: file, target: ./all.yaml}]}
`

const work = mkdtempSync(join(tmpdir(), 'portico-crowd-'))
let portal: { url: string; stop: () => Promise<void> } | undefined

test.afterAll(async () => {
  await portal?.stop()
  rmSync(work, { recursive: true, force: true })
})

/** Components that need another one each. */
const fleet = (name: string, n: number, of: (i: number) => string) =>
  Array.from({ length: n }, (_, i) =>
    componentFile(`${name}-${String(i).padStart(3, '0')}`, 'It floats.').replace(
      /spec:\n/,
      `spec:\n  dependsOn: [component:${of(i)}]\n`,
    ),
  )

const url = async (path: string) => {
  if (!portal) {
    const hubs = ['buoy-hub', 'skiff-hub', 'quay-hub'].map((name) => componentFile(name, 'All of them report here.'))
    const all = [
      ...hubs,
      ...fleet('buoy', 200, () => 'buoy-hub'),
      ...fleet('skiff', 60, () => 'skiff-hub'),
      ...fleet('quay', 20, () => 'quay-hub'),
      ...fleet('raft', 180, (i) => `quay-${String(i % 20).padStart(3, '0')}`),
    ]
    writeFileSync(join(work, 'all.yaml'), all.join('\n---\n'))
    writeFileSync(join(work, 'app-config.yaml'), config)
    portal = await startPortal(work, 'crowd')
    const last = `${portal.url}/api/catalog/entities/by-name/component/default/raft-179`
    await expect.poll(async () => (await fetch(last)).status, { timeout: 60_000 }).toBe(200)
  }
  return `${portal.url}${path}`
}

test('two hundred that stand alike are one box, and one of them is taken out by its name', async ({ page }) => {
  const graph = new GraphPage(page)
  await graph.open(await url('/catalog/default/component/buoy-hub/dependencies'))
  await expect(graph.boxes).toHaveCount(2, LAID)
  await page.getByRole('button', { name: 'List 200 components' }).click()
  await graph.about.getByRole('searchbox').fill('147')
  await expect(graph.about.getByRole('list', { name: 'Folded here' }).getByRole('listitem')).toHaveCount(1)
  await graph.about.getByRole('link', { name: 'buoy-147' }).click()
  await expect(graph.box(c('buoy-147'))).toBeVisible(LAID)
  await expect(page).toHaveURL(/open=component:default\/buoy-147/)
})

test('sixty that are opened stand in a block, and all of them are seen', async ({ page }) => {
  const graph = new GraphPage(page)
  await graph.open(await url('/catalog/default/component/skiff-hub/dependencies'))
  await page.getByRole('button', { name: 'Unfold 60 components' }).click()
  await expect(graph.boxes).toHaveCount(61, LAID)
  await expect.poll(() => graph.inside(), LAID).toBe(61)
  await expect(page.getByRole('button', { name: /outside Show all$/ })).toBeHidden()
  const columns = await graph.boxes.evaluateAll(
    (all) => new Set(all.map((b) => Math.round(b.getBoundingClientRect().x))).size,
  )
  expect(columns).toBe(6)
})

test('of two hundred the near ones stand by themselves, the rest as one, and all of it is seen', async ({ page }) => {
  const graph = new GraphPage(page)
  await graph.open(await url('/catalog/default/component/quay-hub/dependencies'))
  await expect(graph.boxes).toHaveCount(22, LAID)
  await expect.poll(() => graph.inside(), LAID).toBe(22)
  expect(await graph.entities()).toBe(201)
  await expect(graph.box(c('quay-007'))).toBeVisible()
  await expect(page.getByText('200 entities within two steps, 180 of them folded.')).toBeVisible()
})
