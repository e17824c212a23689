import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { serious } from './axe.ts'
import { expect, test, type Page } from './fixtures.ts'
import { ANN } from './server.ts'

test.describe.configure({ timeout: 180_000 }) // signing in leads through three servers, and some do it twice

/** Signs Ann in at dex, on the way to a page. */
async function arrive(page: Page, url: string, path: string) {
  await page.goto(`${url}${path}`)
  await page.getByRole('link', { name: 'Continue with single sign-on' }).click()
  await page.locator('#login').fill(ANN.email)
  await page.locator('#password').fill(ANN.password)
  await page.locator('#submit-login').click()
  const wanted = new URL(url + path)
  await page.waitForURL((to) => to.origin === wanted.origin && to.pathname === wanted.pathname)
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
}

const statusOf = (url: string, token: string, path = '/api/catalog/entities/by-query') =>
  fetch(`${url}${path}`, { headers: { Authorization: `Bearer ${token}` } }).then((r) => r.status)

test('the menu leads to who one is, and what one has', async ({ page, portals }) => {
  await arrive(page, portals.signInUrl, '/')
  await page.getByRole('button', { name: 'Ann of the Quay: your session' }).click()
  await page.getByRole('menuitem', { name: 'You, your sessions and tokens' }).click()
  await expect(page).toHaveURL(`${portals.signInUrl}/settings`)
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Ann of the Quay')
  const main = page.getByRole('main')
  await expect(main).toContainText('user:default/ann')
  await expect(main).toContainText(ANN.email)
  const team = page.getByRole('region', { name: 'Your teams' }).getByRole('link', { name: 'pilots' })
  await expect(team).toBeVisible()
  await page
    .getByRole('region', { name: 'What you own' })
    .getByRole('link', { name: /Components\s*1/ })
    .click()
  await expect(page).toHaveURL(/\/catalog\?kind=component&owner=user:default\/ann&owner=group:default\/pilots/)
  await expect(page.getByRole('grid').getByRole('link', { name: 'tide-table' })).toBeVisible()
})

test('a guest is told why there is nothing, and where to go on', async ({ page }) => {
  await page.goto('/settings')
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('You look around as a guest.')
  await expect(page.getByText('user:development/guest')).toHaveCount(0)
  await page.getByRole('link', { name: 'How to set up sign-in' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Nobody can sign in yet')
  await expect(page.getByRole('region', { name: 'An example' })).toContainText('emailMatchingUserEntityProfileEmail')
  await expect(page.getByRole('button', { name: 'Copy' })).toBeVisible()
})

test('a token is made, shown once, used and revoked', async ({ page, portals }) => {
  const url = portals.signInUrl
  const name = `laptop ${String(Date.now())}-${String(Math.random()).slice(2, 8)}`
  await arrive(page, url, '/settings/tokens')
  await page.getByRole('link', { name: 'New token' }).click()
  await expect(page).toHaveURL(`${url}/settings/tokens?new=token`)
  const dialog = page.getByRole('dialog', { name: 'New token' })
  await expect(dialog.getByLabel('Name')).toBeFocused()
  await dialog.getByLabel('Name').fill(name)
  await expect(dialog.getByRole('checkbox', { name: /See the catalog/ })).toBeChecked()
  await dialog.getByLabel('Lasts').selectOption('7 days')
  await page.keyboard.press('Enter')
  const shown = page.getByRole('dialog', { name: `The token ${name}` })
  const secret = shown.getByRole('textbox')
  await expect(secret).toHaveValue(/^portico_[a-z2-7]{58}$/)
  const token = await secret.inputValue()
  await page.keyboard.press('Escape') // a slip does not lose it
  await expect(secret).toBeVisible()
  await shown.getByRole('button', { name: 'I have copied it' }).click()
  await expect(page).toHaveURL(`${url}/settings/tokens`)
  const row = page.getByRole('list', { name: 'Tokens' }).getByRole('listitem').filter({ hasText: name })
  await expect(row).toContainText('Never used')
  await expect(row).toContainText(/Expires in [67] days/)
  expect(await page.content()).not.toContain(token)

  expect(await statusOf(url, token)).toBe(200)
  expect(await statusOf(url, token, '/api/catalog/sources')).toBe(403)
  await page.reload()
  await expect(row).toContainText('Used')
  await row.getByRole('button', { name: `Revoke ${name}` }).click()
  await expect(row.getByRole('button', { name: 'Keep' })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(row.getByRole('button', { name: `Revoke ${name}` })).toBeFocused()
  await page.keyboard.press('Enter')
  await row.getByRole('button', { name: 'Revoke for good' }).click()
  await expect(row).toContainText('Revoked just now')
  await expect.poll(() => statusOf(url, token)).toBe(401)
})

test('a session is ended from another browser, and its page notices', async ({ page, portals, browser }) => {
  const url = portals.signInUrl
  const context = await browser.newContext({
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  })
  const other = await context.newPage()
  await arrive(other, url, '/settings/sessions')
  await arrive(page, url, '/settings/sessions')
  const rows = page.getByRole('list', { name: 'Sessions' }).getByRole('listitem')
  await expect(rows.first()).toContainText('This browser')
  const row = rows.filter({ hasText: 'Firefox on Linux' }).first()
  await row.getByRole('button', { name: 'Sign out Firefox on Linux from 127.0.0.1' }).click()
  await row.getByRole('button', { name: 'End this session' }).click()
  await expect(page.getByText('Firefox on Linux is signed out.')).toBeVisible()
  await other.goto(`${url}/settings/sessions`)
  await expect(other).toHaveURL(/\/sign-in\?to=/)
  await context.close()
})

test('who sits at the machine makes a token of a service and gives it a new secret', async ({ page, portals }) => {
  const name = `ci-${String(Date.now())}`
  await page.goto('/settings/services?new=token')
  const dialog = page.getByRole('dialog', { name: 'New service token' })
  await dialog.getByLabel('Name').fill(name)
  await dialog.getByRole('button', { name: 'Make the token' }).click()
  const secret = page.getByRole('dialog', { name: `The token ${name}` }).getByRole('textbox')
  await expect(secret).toHaveValue(/^portico_/)
  const first = await secret.inputValue()
  await page.getByRole('button', { name: 'I have copied it' }).click()
  const row = page.getByRole('list', { name: 'Service tokens' }).getByRole('listitem').filter({ hasText: name })
  await row.getByRole('button', { name: `New secret for ${name}` }).click()
  await row.getByRole('button', { name: /^Make one/ }).click()
  await expect(secret).toHaveValue(/^portico_/)
  const second = await secret.inputValue()
  expect(second).not.toBe(first)
  expect(await Promise.all([statusOf(portals.url, first), statusOf(portals.url, second)])).toEqual([200, 200])
  await page.getByRole('button', { name: 'I have copied it' }).click()
  await expect(row).toContainText('The secret of before is taken for 1 day more')
  // It can be asked again, and nobody has to say that they keep what is done.
  await expect(row.getByRole('button', { name: `New secret for ${name}` })).toBeVisible()
  await expect(row.getByRole('button', { name: 'Keep' })).toHaveCount(0)
  await row.getByRole('button', { name: `Revoke ${name}` }).click()
  await row.getByRole('button', { name: 'Revoke for good' }).click()
  await expect.poll(() => statusOf(portals.url, second)).toBe(401)
})

test('who may hand out tokens of services is offered what they may give, and told of the rest', async ({
  page,
  portals,
}) => {
  const url = portals.signInUrl
  await arrive(page, url, '/settings/services?new=token')
  const dialog = page.getByRole('dialog', { name: 'New service token' })
  const offered = dialog.getByRole('group', { name: 'What it may do' }).getByRole('checkbox')
  await expect(offered).toHaveCount(3)
  const withheld = dialog.getByRole('list', { name: /^Not offered/ }).getByRole('listitem')
  await expect(withheld).toHaveCount(3)
  await expect(withheld.filter({ hasText: 'catalog:write' })).toContainText('You may not remove an entity.')
  await expect(withheld.filter({ hasText: 'sources:manage' })).toContainText(
    'You may not decide about sources and problems.',
  )

  // Without a scope nothing is sent, and the dialog says what to choose.
  await dialog.getByLabel('Name').fill(`pilot-${String(Date.now())}`)
  await dialog.getByRole('checkbox', { name: /See the catalog/ }).uncheck()
  await dialog.getByRole('button', { name: 'Make the token' }).click()
  await expect(dialog.getByRole('alert')).toContainText('Choose at least one')
  // All that is offered is given.
  for (const box of await offered.all()) await box.check()
  await dialog.getByRole('button', { name: 'Make the token' }).click()
  await expect(page.getByRole('dialog', { name: /^The token pilot-/ }).getByRole('textbox')).toHaveValue(/^portico_/)
})

test('an address that portico login did not make is refused, and a guest must sign in', async ({ page, portals }) => {
  await page.goto('/settings/login?challenge=x')
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('This sign-in link is incomplete')
  await expect(page.getByRole('button', { name: 'Copy the command' })).toBeVisible()
  await page.goto(`/settings/login?challenge=${'A'.repeat(43)}`)
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Sign in first')
  await arrive(
    page,
    portals.signInUrl,
    `/settings/login?challenge=${'A'.repeat(43)}&host=Call+555-0100&scope=catalog:read`,
  )
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(
    'Portico CLI on another machine wants a token of yours',
  )
  await page.getByRole('button', { name: 'Refuse' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Nothing was allowed')
})

test('portico login, from the terminal through the browser and back', async ({ page, portals }) => {
  const binary = process.env['PORTICO_BIN']
  test.skip(!binary, 'the portals run already, and there is no binary to sign in with')
  const portico = resolve(import.meta.dirname, '../..', binary ?? '')
  const home = mkdtempSync(join(tmpdir(), 'portico-login-'))
  const env = { PATH: '', XDG_CONFIG_HOME: home, HOME: home }
  const child = spawn(portico, ['login', '--url', portals.signInUrl, '--scope', 'catalog:read', '--days', '7'], { env })
  let said = ''
  let out = ''
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  const ended = new Promise<number | null>((done) => child.once('exit', done))
  const address = () => /http\S+\/settings\/login\S+/.exec(said)?.[0] ?? ''
  await expect.poll(address).not.toBe('')
  const asked = new URL(address())
  await arrive(page, portals.signInUrl, asked.pathname + asked.search)
  await expect(page.getByRole('heading', { level: 1 })).toContainText('wants a token of yours')
  await expect(page.getByRole('checkbox', { name: /See the catalog/ })).toBeChecked()
  await expect(page.getByRole('checkbox', { name: /Register/ })).not.toBeChecked()
  await page.getByRole('button', { name: 'Allow', exact: true }).click()
  await expect(page.getByText('You are signed in. Go back to the terminal')).toBeVisible()
  expect(new URL(page.url()).hostname).toBe('127.0.0.1')
  expect(await ended, said).toBe(0)
  expect(out).toContain('Ann of the Quay (user:default/ann)')
  const file = join(home, 'portico/credentials.json')
  expect(statSync(file).mode & 0o777).toBe(0o600)
  const { token } = JSON.parse(readFileSync(file, 'utf8')) as { token: string }
  expect(await statusOf(portals.signInUrl, token)).toBe(200)
  const run = promisify(execFile)
  expect((await run(portico, ['whoami'], { env })).stdout).toContain('catalog:read')
  await run(portico, ['logout'], { env })
  await expect.poll(() => statusOf(portals.signInUrl, token)).toBe(401)
  rmSync(home, { recursive: true })
})

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [1440, 390]) {
    test(`${colorScheme}, ${String(width)} px: nothing serious`, async ({ page, portals }) => {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      await page.setViewportSize({ width, height: 900 })
      const url = portals.signInUrl
      await arrive(page, url, '/settings')
      for (const path of [
        '/settings',
        '/settings/sessions',
        '/settings/tokens',
        '/settings/tokens?new=token',
        '/settings/services',
        '/settings/services?new=token',
        '/settings/rights',
        `/settings/login?challenge=${'A'.repeat(43)}&scope=catalog:read`,
      ]) {
        await page.goto(`${url}${path}`)
        await expect(
          path.includes('new=') ? page.getByRole('dialog') : page.getByRole('heading', { level: 1 }),
        ).toBeVisible()
        await expect(page.locator('[aria-busy=true]')).toHaveCount(0)
        expect(await serious(page), path).toEqual([])
        const wide = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        )
        expect(wide, `${path} scrolls sideways`).toBeLessThanOrEqual(0)
      }
    })
  }
}
