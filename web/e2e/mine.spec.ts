import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, type Page } from './fixtures.ts'
import { CatalogPage } from './pages.ts'
import { PROXY_SECRET, startPortal, startProxy } from './server.ts'

test.skip(!process.env['PORTICO_BIN'], 'it starts a portal of its own: set PORTICO_BIN')
test.describe.configure({ mode: 'serial' })

const config = `auth:
  providers:
    proxy:
      development:
        trustedPeers: [127.0.0.1]
        secret: ${PROXY_SECRET}
        signIn: {resolvers: [{resolver: forwardedUserMatchingUserEntityName}]}
catalog:
  rules: [{allow: [User, Group, Component, System]}]
  locations:
    - {type: file, target: ./people.yaml}
    - {type: file, target: './watched/*.yaml'}
`

const doc = (kind: string, name: string, spec: string) =>
  `apiVersion: backstage.io/v1alpha1\nkind: ${kind}\nmetadata: {name: ${name}}\nspec: {${spec}}\n`

const people = [
  doc('Group', 'quay', 'type: team, children: []'),
  doc('Group', 'freight', 'type: team, children: []'),
  doc('User', 'ann', 'profile: {displayName: Ann Quill}, memberOf: [quay]'),
].join('---\n')

const component = (name: string, owner: string, more = '') =>
  doc('Component', name, `type: service, lifecycle: production, owner: ${owner}${more}`)

let portal: { url: string; stop: () => Promise<void> }
let proxy: { url: string; stop: () => Promise<void> }
let work = ''
const write = (name: string, text: string) => {
  writeFileSync(join(work, 'watched', `${name}.yaml`), text)
}

test.beforeAll(async () => {
  test.setTimeout(120_000)
  work = mkdtempSync(join(tmpdir(), 'portico-mine-'))
  mkdirSync(join(work, 'watched'))
  writeFileSync(join(work, 'people.yaml'), people)
  writeFileSync(join(work, 'app-config.yaml'), config)
  write('lamps', component('lamps', 'quay', ', dependsOn: [component:cranes]'))
  write('cranes', component('cranes', 'freight'))
  portal = await startPortal(work, 'mine')
  proxy = await startProxy(Number(new URL(portal.url).port))
})

test.afterAll(async () => {
  await Promise.all([proxy.stop(), portal.stop()])
  rmSync(work, { recursive: true, force: true })
})

/** Ann comes in as anybody does whom the proxy names. */
async function signIn(page: Page, path = '/'): Promise<void> {
  await page.goto(`${proxy.url}/api/auth/proxy/start?redirectUrl=${encodeURIComponent(path)}`)
}

const heading = (page: Page) => page.getByRole('heading', { level: 1 })

test('a file that somebody broke asks for its owner, and stops asking when it is mended', async ({ page }) => {
  await signIn(page)
  await expect(heading(page)).toHaveText(/^Your service is in order\. *$/)
  write('lamps', component('lamps', 'quay').replace('lifecycle', 'lifecicle'))
  // Without a reload.
  await expect(heading(page)).toHaveText(/^Your service needs a correction\. *$/)
  const item = page.getByRole('region', { name: 'Needs you' }).getByRole('listitem')
  await expect(item).toContainText('lamps.yaml')
  await item.getByRole('link', { name: 'See the line' }).click()
  await expect(page).toHaveURL(/\/component\/lamps\/source/)
  await expect(page.getByText('lifecicle').first()).toBeVisible()

  const catalog = new CatalogPage(page)
  await page.goto(`${proxy.url}/catalog?kind=component`)
  await expect(catalog.rows).toHaveCount(2)
  await expect(catalog.facet('Show').getByText('Needs attention').locator('..')).toContainText('1')
  await catalog.value('Show', 'Needs attention').check()
  await expect(page).toHaveURL(/attention=true/)
  await expect(catalog.rows).toHaveCount(1)
  await expect(catalog.row('lamps')).toBeVisible()

  // What names something that is not there needs attention as well, here as on Home.
  write('lamps', component('lamps', 'quay', ', dependsOn: [component:gone]'))
  await expect(catalog.row('lamps').getByRole('img', { name: 'gone is not in the catalog' })).toBeVisible()
  write('lamps', component('lamps', 'quay', ', dependsOn: [component:gone], consumesApis: [lost]'))
  await expect(catalog.row('lamps').getByRole('img', { name: 'Names 2 things that are not there' })).toBeVisible()
  await page.setViewportSize({ width: 390, height: 844 })
  await expect(catalog.row('lamps')).toContainText('Names 2 things that are not there')
  await page.setViewportSize({ width: 1440, height: 900 })
  // The map marks it as well, and says so to who sees no mark.
  await page.goto(`${proxy.url}/catalog?kind=component&view=map`)
  const tile = page.getByRole('link', { name: 'lamps, Names 2 things that are not there' })
  await expect(tile.locator('svg[aria-label="Names 2 things that are not there"]')).toBeVisible()
  await page.goto(`${proxy.url}/catalog?kind=component&attention=true`)
  await expect(catalog.row('lamps')).toBeVisible()
  write('lamps', component('lamps', 'quay', ', dependsOn: [component:cranes]'))
  await expect(page.getByRole('heading', { name: 'No component needs attention' })).toBeVisible()
  await page.getByRole('button', { name: 'Clear the filter' }).click()
  await expect(catalog.rows).toHaveCount(2)
  await page.goto(`${proxy.url}/`)
  await expect(heading(page)).toHaveText(/^Your service is in order\. *$/)
})

test('what the teams of somebody own is one check-box, and an address', async ({ page }) => {
  await signIn(page, '/catalog?kind=component')
  const catalog = new CatalogPage(page)
  await expect(catalog.rows).toHaveCount(2)
  await expect(catalog.facet('Show').getByText('Owned by my teams').locator('..')).toContainText('1')
  await catalog.value('Show', 'Owned by my teams').check()
  await expect(page).toHaveURL(/owned=teams/)
  await expect(catalog.rows).toHaveCount(1)
  await expect(catalog.row('lamps')).toBeVisible()
  await page.reload()
  await expect(catalog.value('Show', 'Owned by my teams')).toBeChecked()
  await expect(catalog.rows).toHaveCount(1)
  await page.getByRole('button', { name: 'Remove the filter Owned by' }).click()
  await expect(catalog.rows).toHaveCount(2)
})

test('rows say when they changed', async ({ page }) => {
  await signIn(page, '/catalog?kind=component')
  await expect(page.getByRole('columnheader', { name: 'Changed' })).toBeVisible()
  await expect(new CatalogPage(page).row('cranes').locator('time')).toHaveAttribute('datetime', /^20\d\d-/)
})

test('the history of one field', async ({ page }) => {
  await signIn(page)
  const api = `${proxy.url}/api/catalog/entities/by-name/component/default/cranes`
  const owner = async () => ((await (await page.request.get(api)).json()) as { spec: { owner: string } }).spec.owner
  write('cranes', component('cranes', 'quay'))
  await expect.poll(owner).toBe('quay')
  write('cranes', component('cranes', 'quay').replace('service', 'website'))
  await page.goto(`${proxy.url}/catalog/default/component/cranes/history`)
  const changes = page.locator('section.sec ol > li')
  await expect(changes.nth(2)).toBeVisible()
  await page.getByRole('combobox', { name: 'Changes of' }).selectOption('spec.owner')
  await expect(page).toHaveURL(/field=spec\.owner/)
  await expect(changes).toHaveCount(1)
  await expect(changes).toContainText('owner')
  await page.goto(`${proxy.url}/catalog/default/component/cranes/history?field=spec.system`)
  await expect(page.getByText('None of the changes that are kept matches.')).toBeVisible()
})
