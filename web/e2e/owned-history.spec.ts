import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serious } from './axe.ts'
import { expect, test, type Page } from './fixtures.ts'
import { CatalogPage } from './pages.ts'
import { startPortal } from './server.ts'

test.skip(!process.env['PORTICO_BIN'], 'it starts a portal of its own: set PORTICO_BIN')
test.describe.configure({ mode: 'serial', timeout: 60_000 })

const config = `auth: {providers: {guest: {}}}
portico: {guest: {operator: true}}
catalog:
  rules: [{allow: [User, Group, Component, API, Squadron]}]
  locations: [{type: file, target: './watched/*.yaml'}]
`

const doc = (kind: string, name: string, spec: string, more = '') =>
  `apiVersion: backstage.io/v1alpha1\nkind: ${kind}\nmetadata: {name: ${name}${more}}\nspec: {${spec}}\n`

/** More than the page of an entity asks for of each type. */
const MANY = 260
const two = (n: number) => String(n).padStart(3, '0')
const service = (name: string, owner: string, more = '') =>
  doc('Component', name, `type: service, lifecycle: production, owner: "${owner}"${more}`)

const organisation = [
  doc('Group', 'harbour', 'type: team, children: []'),
  doc('Group', 'quay', 'type: team, parent: harbour, children: []'),
  doc('Group', 'crane', 'type: team, parent: quay, children: []'),
  doc('Group', 'idle', 'type: team, children: []'),
  doc('Group', 'far', 'type: team, children: []'),
  doc('Group', 'near', 'type: team, children: []'),
  doc('Squadron', 'red', 'colour: red'),
  ...Array.from({ length: MANY }, (_, i) =>
    doc('User', `mate-${two(i)}`, `memberOf: [${i < 250 ? 'harbour' : 'crane'}]`),
  ),
  ...Array.from({ length: MANY }, (_, i) => service(`boat-${two(i)}`, 'harbour')),
  service('lamp', 'harbour', ', dependsOn: [component:nowhere]'),
  service('hoist', 'crane').replace('production', 'deprecated'),
  service('rope', 'user:mate-000'),
  service('kite', 'squadron:red'),
  doc('API', 'berths', 'type: openapi, lifecycle: production, owner: quay, definition: a'),
].join('---\n')

const buoy = (title: string, owner: string) =>
  doc('Component', 'buoy', `type: service, lifecycle: production, owner: ${owner}`, `, title: ${title}`)

let portal: { url: string; stop: () => Promise<void> }
let work = ''
const write = (name: string, text: string) => {
  writeFileSync(join(work, 'watched', `${name}.yaml`), text)
}

test.beforeAll(async () => {
  test.setTimeout(120_000)
  work = mkdtempSync(join(tmpdir(), 'portico-owned-'))
  mkdirSync(join(work, 'watched'))
  writeFileSync(join(work, 'app-config.yaml'), config)
  write('organisation', organisation)
  write('buoy', buoy('one', 'far'))
  portal = await startPortal(work, 'owned')
})

test.afterAll(async () => {
  await portal.stop()
  rmSync(work, { recursive: true, force: true })
})

const part = (page: Page, name: string) => page.getByRole('region', { name, exact: true })
const linesOf = (page: Page) => page.locator('ol > li').filter({ hasText: 'revision' })
const open = (page: Page, path: string) => page.goto(`${portal.url}/catalog/default/${path}`)

test('a team of hundreds owns a first page of it, and the catalog has the rest', async ({ page }) => {
  const sent: string[] = []
  page.on('response', (response) => {
    if (response.url().endsWith('/by-refs')) void response.text().then((text) => sent.push(text))
  })
  await open(page, 'group/harbour')
  const owns = part(page, 'Owns')
  await expect(owns).toContainText('261 entities')
  await expect(owns.getByRole('row')).toHaveCount(13)
  await expect(owns.getByRole('row').nth(1)).toContainText('nowhere is not in the catalog')
  await expect(owns).toContainText('1 needs a look.')
  await expect(owns).toContainText('And 249 more.')
  // Of each type of relation the page asks for a part.
  const whole = sent.find((text) => text.includes('"ownerOf":261')) ?? ''
  expect(whole.split('"type":"ownerOf"').length - 1).toBe(200)
  await expect(page.getByRole('link', { name: /^Dependencies/ })).toContainText('512')

  // With the teams below, by the keyboard.
  await owns.getByRole('button', { name: 'With the teams below 263' }).focus()
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/owns=teams/)
  await expect(owns).toContainText('263 entities of 3 teams')
  await expect(owns.getByRole('columnheader', { name: 'Owner' })).toBeVisible()
  await owns.getByRole('button', { name: 'APIs 1' }).click()
  await expect(page).toHaveURL(/kind=api/)
  await expect(owns.getByRole('row')).toHaveCount(2)
  await expect(owns.getByRole('row').nth(1)).toContainText('berths')
  await page.reload()
  await expect(owns.getByRole('row').nth(1)).toContainText('quay')
  await owns.getByRole('button', { name: 'Components 262' }).click()
  await expect(owns).toContainText('One is deprecated.')
  await owns.getByRole('link', { name: '1 deprecated' }).click()
  const catalog = new CatalogPage(page)
  await expect(catalog.rows).toHaveCount(1)
  await expect(catalog.row('hoist')).toBeVisible()
  await page.goBack()
  await owns.getByRole('link', { name: '262 components' }).click()
  await expect(page.getByText('262 of 265 components')).toBeVisible()
})

test('the people of a team and of those below it come a page at a time', async ({ page }) => {
  await open(page, 'group/harbour')
  const members = part(page, 'Members')
  await expect(members).toContainText('250 people')
  await expect(members.getByRole('listitem')).toHaveCount(12)
  await members.getByRole('button', { name: /^Show more/ }).click()
  await expect(members.getByRole('listitem')).toHaveCount(24)
  await members.getByRole('button', { name: 'With the teams below 260' }).click()
  await expect(page).toHaveURL(/members=teams/)
  await expect(members).toContainText('260 people')
  await expect(members.getByRole('listitem').first()).toContainText('harbour')
})

test('a person, a kind of one’s own and a team without anything', async ({ page }) => {
  await open(page, 'user/mate-000')
  await expect(part(page, 'Owns')).toContainText('rope')
  await part(page, 'Owns').getByRole('button', { name: 'Their teams 261' }).click()
  await expect(part(page, 'Owns')).toContainText('261 entities of 1 team')
  await expect(part(page, 'Owns')).not.toContainText('rope')
  await open(page, 'squadron/red')
  await expect(part(page, 'Owns')).toContainText('kite')
  await open(page, 'group/idle')
  await expect(part(page, 'Owns')).toContainText('It owns nothing in the catalog itself.')
  await expect(part(page, 'Members')).toContainText('No person says that they are in this team.')
})

test('the history grows without a reload', async ({ page }) => {
  const title = page.getByRole('heading', { level: 1 })
  await open(page, 'component/buoy/history')
  for (const [name, owner] of [
    ['two', 'far'],
    ['three', 'near'],
    ['four', 'near'],
    ['five', 'near'],
    ['six', 'far'],
  ] as const) {
    write('buoy', buoy(name, owner))
    await expect(title).toHaveText(name)
  }
  // Without a reload, filter and list.
  const lines = linesOf(page)
  await expect(lines).toHaveCount(6)
  await expect(page.getByText('6 changes are kept')).toBeVisible()
})

test('the history is narrowed down by the server, and any two points of it are compared', async ({ page }) => {
  await open(page, 'component/buoy/history')
  const lines = linesOf(page)
  await expect(lines).toHaveCount(6)
  const asked = page.waitForRequest((request) => request.url().includes('field=spec.owner'))
  const fields = page.getByRole('combobox', { name: 'Changes of' })
  await fields.focus()
  await fields.selectOption('spec.owner')
  await asked
  await expect(page).toHaveURL(/field=spec.owner/)
  await expect(lines).toHaveCount(2)
  await expect(fields).toBeFocused()
  await page.getByRole('button', { name: 'Compare two points' }).click()
  const box = page.getByRole('region', { name: 'Comparison' })
  await expect(box).toContainText('3 changes in between.')
  await page.getByRole('button', { name: 'Show all' }).click()
  await expect(lines).toHaveCount(6)
  await page.getByRole('radio', { name: /^From/ }).last().check()
  await expect(box).toContainText('5 changes in between.')
  await box.getByRole('button', { name: 'End the comparison' }).click()

  await page.getByLabel('until').fill('2020-01-01')
  await expect(page.getByText('None of the changes that are kept matches.')).toBeVisible()
  await page.getByRole('button', { name: 'Show all' }).click()
  await expect(lines).toHaveCount(6)
})

test('what somebody reads of the history stays where it is', async ({ page }) => {
  await page.setViewportSize({ width: 1280, height: 560 })
  await open(page, 'component/buoy/history')
  const lines = linesOf(page)
  await expect(lines).toHaveCount(6)
  const last = lines.last()
  await last.scrollIntoViewIfNeeded()
  const before = (await last.boundingBox())?.y
  write('buoy', buoy('seven', 'far'))
  await expect(lines).toHaveCount(7)
  await expect.poll(async () => Math.abs(((await last.boundingBox())?.y ?? 0) - (before ?? 0))).toBeLessThan(4)
})

for (const scheme of ['light', 'dark'] as const)
  for (const [name, path, shown] of [
    ['a team', 'group/harbour?owns=teams&members=teams', '263 entities of 3 teams'],
    ['a history', 'component/buoy/history?field=spec.owner', /changes? (is|are) kept/],
  ] as const)
    for (const width of [1440, 390])
      test(`the page of ${name} keeps nobody out, ${scheme}, ${String(width)} px`, async ({ page }) => {
        await page.emulateMedia({ colorScheme: scheme })
        await page.setViewportSize({ width, height: 900 })
        await open(page, path)
        await expect(page.getByText(shown)).toBeVisible()
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
        expect(await serious(page)).toEqual([])
      })
