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

test('two hundred that stand alike are one box, and one of them is taken out by its name', async ({ page }) => {
  const buoys = Array.from({ length: 200 }, (_, i) =>
    componentFile(`buoy-${String(i).padStart(3, '0')}`, 'It floats.').replace(
      /spec:\n/,
      'spec:\n  dependsOn: [component:buoy-hub]\n',
    ),
  )
  writeFileSync(
    join(work, 'all.yaml'),
    [componentFile('buoy-hub', 'All of them report here.'), ...buoys].join('\n---\n'),
  )
  writeFileSync(join(work, 'app-config.yaml'), config)
  portal = await startPortal(work, 'crowd')
  const last = `${portal.url}/api/catalog/entities/by-name/component/default/buoy-199`
  await expect.poll(async () => (await page.request.get(last)).status(), { timeout: 60_000 }).toBe(200)
  const graph = new GraphPage(page)
  await graph.open(`${portal.url}/catalog/default/component/buoy-hub/dependencies`)
  await expect(graph.boxes).toHaveCount(2, LAID)
  await page.getByRole('button', { name: 'List 200 components' }).click()
  await graph.about.getByRole('searchbox').fill('147')
  await expect(graph.about.getByRole('list', { name: 'Folded here' }).getByRole('listitem')).toHaveCount(1)
  await graph.about.getByRole('link', { name: 'buoy-147' }).click()
  await expect(graph.box(c('buoy-147'))).toBeVisible(LAID)
  await expect(page).toHaveURL(/open=component:default\/buoy-147/)
})
