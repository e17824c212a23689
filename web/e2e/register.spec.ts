import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { serious } from './axe.ts'
import { expect, test, type Page } from './fixtures.ts'
import { componentFile } from './files.ts'
import type { Portals } from './server.ts'

/** Writes a file of the repository, and says where a browser shows it. */
function host(portals: Portals, file: string, text: string): string {
  const repository = join(portals.hosted, 'quay')
  mkdirSync(repository, { recursive: true })
  writeFileSync(join(repository, file), text)
  return `${portals.hostedUrl}/quay/src/branch/main/${file}`
}

const field = (page: Page) => page.getByRole('textbox', { name: /^Address or path of a catalog-info/ })
const row = (page: Page, file: string) => page.getByRole('button', { name: new RegExp(file) })
const look = (page: Page) => page.getByRole('button', { name: /^Preview/ })

/** A dry run that says no is an answer of the server, which a browser writes into its console all the same. */
function refused(quiet: string[]): void {
  const others = quiet.filter((line) => !/status of 4\d\d/.test(line))
  quiet.splice(0, quiet.length, ...others)
}

const broken = `apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: buoy-lights
spec:
  type: service
  lifecycle: production
  ownr: port-operations
`

test('a URL is looked at, registered and leads to what came of it', async ({ page, portals }) => {
  const at = host(portals, 'rope-store.yaml', componentFile('rope-store', 'Knows where each rope is.'))
  await page.goto('/catalog-import')
  await field(page).fill(at)
  await field(page).press('Control+Enter')
  await expect(page).toHaveURL(/target=.*rope-store\.yaml/)
  await expect(page.getByText('It would add 1 entity.')).toBeVisible()
  await expect(page.getByText('New', { exact: true })).toBeVisible()

  // Nothing is written before it is said, and the address holds what was asked.
  const before = await page.request.get('/api/catalog/entities/by-name/component/default/rope-store')
  expect(before.status()).toBe(404)
  await page.reload()
  await expect(field(page)).toHaveValue(at)

  await page.getByRole('button', { name: 'Register it' }).click()
  await expect(page.getByText('It is registered, and is being read now.')).toBeVisible()
  await page.getByRole('link', { name: 'rope-store', exact: true }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('rope-store')
})

test('many at once: errors in place, and only what is good is ticked', async ({ page, portals, quiet }) => {
  const good = host(portals, 'winch.yaml', componentFile('winch', 'Pulls.'))
  const taken = host(
    portals,
    'taken.yaml',
    `${componentFile('capstan', 'Turns.')}---\n${componentFile('payments-api', 'Mine.')}`,
  )
  const bad = host(portals, 'bad.yaml', broken)
  const none = `${portals.hostedUrl}/quay/src/branch/main/none.yaml`
  await page.goto('/catalog-import')
  await field(page).fill([good, taken, bad, none, '/srv/catalog/all.yaml'].join('\n'))
  await look(page).click()
  await expect(page.getByText('Two locations would add 2 entities. Three cannot be registered.')).toBeVisible()
  await expect(row(page, 'bad.yaml')).toContainText('1 error')
  await expect(page.getByText(/quay\/bad\.yaml:\d+:\d+/).first()).toBeVisible()
  await expect(page.getByRole('region', { name: 'lines around the problem' }).last()).toContainText(
    'ownr: port-operations',
  )
  await expect(page.getByText('Did you mean owner?')).toBeVisible()
  await expect(row(page, 'taken.yaml')).toContainText('1 name is taken by another place')
  await expect(page.getByText(/^Kept by .*catalog-info\.yaml/)).toBeVisible()
  await row(page, 'all.yaml').click()
  await expect(page.getByText(`Register what is below ${portals.hosted}`)).toBeVisible()
  await expect(page.getByRole('region', { name: 'lines for the configuration' })).toContainText(
    'target: /srv/catalog/all.yaml',
  )
  await expect(page.getByRole('region', { name: 'lines that open its folder' })).toContainText('- /srv/catalog')
  await expect(page.getByRole('checkbox', { name: /winch\.yaml/ })).toBeChecked()
  await expect(page.getByRole('checkbox', { name: /taken\.yaml/ })).not.toBeChecked()
  await expect(page.getByRole('checkbox', { name: /bad\.yaml/ })).toHaveCount(0)

  await page.getByRole('checkbox', { name: /taken\.yaml/ }).check()
  await expect(page.getByText('2 locations: 2 new entities and 1 refused, as another place keeps them.')).toBeVisible()
  await page.getByRole('button', { name: 'Register 2 locations' }).click()
  await expect(page.getByText('All 2 are registered, and are being read now.')).toBeVisible()
  refused(quiet)
})

test('paths and addresses mixed: files, folders and what is wrong, each in its place', async ({
  page,
  portals,
  quiet,
}) => {
  const folder = join(portals.hosted, 'on the quay')
  const fleet = join(folder, 'fleet')
  mkdirSync(join(fleet, 'tug'), { recursive: true })
  const put = (file: string, text: string) => {
    writeFileSync(join(folder, file), text)
    return join(folder, file)
  }
  const crane = put('crane.yaml', componentFile('crane', 'Lifts.'))
  put('fleet/tug/catalog-info.yaml', componentFile('tug', 'Pulls ships.'))
  const hoist = host(portals, 'hoist.yaml', componentFile('hoist', 'Hoists.'))
  const lines = [
    `file://${encodeURI(crane)}`,
    fleet,
    hoist,
    put('wrong.yaml', broken),
    put('notes.txt', 'Ring the bell at noon.'),
    join(folder, 'none.yaml'),
    `${portals.hosted}/../app-config.yaml`,
    './crane.yaml',
  ]
  await page.goto('/catalog-import')
  await expect(page.getByText(`A path of the portal’s machine may lie below ${portals.hosted}.`)).toBeVisible()
  await field(page).fill(lines.join('\n'))
  await look(page).click()
  await expect(page.getByText('Three locations would add 3 entities. Five cannot be registered.')).toBeVisible()
  await expect(row(page, 'wrong.yaml')).toContainText('1 error')
  await expect(row(page, 'notes.txt')).toContainText('Nothing would come of it')
  await expect(row(page, 'none.yaml')).toContainText('It is not there.')
  await expect(row(page, 'app-config.yaml')).toContainText('It has a ".."')
  await expect(row(page, '^\\./crane.yaml')).toContainText('It is not an absolute path')
  await page.reload()
  await expect(field(page)).toHaveValue(lines.join('\n'))
  await page.getByRole('button', { name: 'Register 3 locations' }).click()
  await expect(page.getByText('All 3 are registered, and are being read now.')).toBeVisible()
  await page.goto('/catalog/default/component/tug')
  await expect(page.getByText('Pulls ships.').first()).toBeVisible()

  // It follows the file, as one of the configuration does.
  await page.goto('/catalog/default/component/crane')
  await expect(page.getByText('Lifts.').first()).toBeVisible()
  put('crane.yaml', componentFile('crane', 'Lifts more.'))
  await expect(page.getByText('Lifts more.').first()).toBeVisible()
  refused(quiet)
})

test('what is registered already is read again', async ({ page, portals }) => {
  const at = host(portals, 'bollard.yaml', componentFile('bollard', 'Holds.'))
  const body = { type: 'url', target: at }
  await page.request.post('/api/catalog/locations', { data: body, headers: { Origin: portals.url } })
  await page.goto(`/catalog-import?target=${encodeURIComponent(at)}`)
  await expect(row(page, 'bollard.yaml')).toContainText('Registered already')
  await page.getByRole('button', { name: 'Read it again' }).click()
  await expect(page.getByText('It is being read again.').first()).toBeVisible()
})

test('those that were refused are tried again', async ({ page, portals, quiet }) => {
  const files = ['oar-1', 'oar-2', 'oar-3'].map((name) => host(portals, `${name}.yaml`, componentFile(name, 'Rows.')))
  let refuse = true
  await page.route('**/api/catalog/locations', async (route) => {
    const asked = route.request().postData() ?? ''
    if (refuse && !asked.includes('oar-1'))
      await route.fulfill({
        status: 503,
        json: { error: { name: 'ServiceUnavailableError', message: 'the host is asleep' } },
      })
    else await route.continue()
  })
  await page.goto('/catalog-import')
  await field(page).fill(files.join('\n'))
  await look(page).click()
  await page.getByRole('button', { name: 'Register 3 locations' }).click()
  await expect(page.getByText('1 of 3 registered. Two were refused.')).toBeVisible()
  refuse = false
  await page.getByRole('button', { name: 'Try the 2 again' }).click()
  await expect(page.getByText('All 3 are registered, and are being read now.')).toBeVisible()
  quiet.splice(0, quiet.length, ...quiet.filter((line) => !line.includes('503')))
})

test('a repository is read whole, and one without a descriptor gets a proposal', async ({ page, portals, quiet }) => {
  const folder = join(portals.hosted, 'lighthouse')
  mkdirSync(join(folder, 'lamp'), { recursive: true })
  writeFileSync(join(folder, 'catalog-info.yaml'), componentFile('lighthouse', 'Shines.'))
  writeFileSync(join(folder, 'lamp', 'catalog-info.yaml'), componentFile('lighthouse-lamp', 'Is the light.'))
  mkdirSync(join(portals.hosted, 'bare'), { recursive: true })
  writeFileSync(join(portals.hosted, 'bare', 'go.mod'), 'module bare\n\ngo 1.26\n')
  await page.goto(`/catalog-import?target=${portals.hostedUrl}/lighthouse`)
  await expect(page.getByText('It would add 2 entities.')).toBeVisible()
  await page.goto(`/catalog-import?target=${portals.hostedUrl}/bare`)
  await expect(page.getByText('It cannot be registered.')).toBeVisible()
  await expect(page.getByRole('region', { name: 'descriptor' })).toContainText('name: bare')
  refused(quiet)
})

test('what was written is kept on reload, and a descriptor is told from a place', async ({ page }) => {
  await page.goto('/catalog-import')
  await field(page).fill('https://example.com/half-wri')
  await page.reload()
  await expect(field(page)).toHaveValue('https://example.com/half-wri')
  await field(page).fill(broken)
  await expect(page.getByText('This is a descriptor itself.')).toBeVisible()
  await look(page).click()
  await expect(field(page)).toBeFocused()
})

test('who may not register is told why, and who may', async ({ page, portals }) => {
  await page.goto(`${portals.readerUrl}/catalog-import`)
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('You may not register a location')
  await expect(page.getByText(/It takes the role/)).toBeVisible()
})

for (const scheme of ['light', 'dark'] as const)
  test(`the page has no serious fault in the ${scheme} theme`, async ({ page, portals, quiet }) => {
    const good = host(portals, 'seen.yaml', componentFile('seen', 'Is seen.'))
    const bad = host(portals, 'bad.yaml', broken)
    await page.emulateMedia({ colorScheme: scheme })
    await page.goto(`/catalog-import?target=${encodeURIComponent(good)}&target=${encodeURIComponent(bad)}`)
    await expect(page.getByText(/would add 1 entity/)).toBeVisible()
    expect(await serious(page)).toEqual([])
    refused(quiet)
  })
