import { expect, test, type Page } from './fixtures.ts'
import { ANN, BOB } from './server.ts'

/** Goes from the portal's sign-in page to dex and fills in its form. */
async function signIn(page: Page, who: typeof ANN) {
  await page.getByRole('link', { name: 'Continue with single sign-on' }).click()
  await page.locator('#login').fill(who.email)
  await page.locator('#password').fill(who.password)
  await page.locator('#submit-login').click()
}

test('signs in at the provider, comes back to the page that was asked for, and signs out', async ({
  page,
  portals,
  context,
}) => {
  await page.goto(`${portals.signInUrl}/catalog?kind=user`)
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Sign in to Marrowby')
  await signIn(page, ANN)
  await expect(page).toHaveURL(`${portals.signInUrl}/catalog?kind=user`)
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Catalog')

  const cookies = (await context.cookies(portals.signInUrl)).filter(({ name }) => name.startsWith('portico'))
  expect(cookies.map(({ name, httpOnly, sameSite }) => ({ name, httpOnly, sameSite }))).toEqual([
    { name: 'portico-session', httpOnly: true, sameSite: 'Lax' },
  ])

  await page.getByRole('button', { name: 'Ann of the Quay: your session' }).click()
  const menu = page.getByRole('menu', { name: 'Your session' })
  await expect(menu).toContainText('user:default/ann')
  await menu.getByRole('menuitem', { name: 'Sign out', exact: true }).click()
  await expect(page).toHaveURL(/\/sign-in$/)
  await page.goto(`${portals.signInUrl}/catalog`)
  await expect(page).toHaveURL(/\/sign-in\?to=/)
})

test('somebody whom the catalog does not have is told what to do', async ({ page, portals }) => {
  await page.goto(`${portals.signInUrl}/sign-in`)
  await signIn(page, BOB)
  await expect(page).toHaveURL(/\/sign-in\?error=unknown&id=/)
  const alert = page.getByRole('alert')
  await expect(alert).toContainText('the catalog has no user that is you')
  await expect(alert).toContainText(/Error [0-9A-F]{4}-[0-9A-F]{4}/)
  await expect(page.getByRole('link', { name: 'Continue with single sign-on' })).toBeVisible()
})

test('signs in at GitHub, where who is no member is sent away', async ({ page, portals }) => {
  await page.goto(`${portals.signInUrl}/sign-in?to=/catalog?kind=user`)
  await page.getByRole('link', { name: 'Continue with GitHub' }).click()
  await page.getByRole('button', { name: 'Continue as bob' }).click()
  await expect(page).toHaveURL(/\/sign-in\?error=denied&id=/)
  await expect(page.getByRole('alert')).toContainText('The provider did not let you in')

  await page.getByRole('link', { name: 'Continue with GitHub' }).click()
  await page.getByRole('button', { name: 'Continue as ann' }).click()
  await expect(page).toHaveURL(`${portals.signInUrl}/catalog?kind=user`)
  await expect(page.getByRole('button', { name: 'Ann of the Quay: your session' })).toBeVisible()
})

test('comes in through a proxy, and signing out goes on to where the proxy signs out', async ({ page, portals }) => {
  await page.goto(`${portals.proxyUrl}/catalog?kind=user`)
  await page.getByRole('link', { name: 'Continue with company account' }).click()
  await expect(page).toHaveURL(`${portals.proxyUrl}/catalog?kind=user`)
  await page.getByRole('button', { name: 'Ann of the Quay: your session' }).click()
  await page.getByRole('menuitem', { name: 'Sign out', exact: true }).click()
  await expect(page.getByRole('heading', { name: 'Goodbye' })).toBeVisible()
})

test('a link cannot put words on the sign-in page', async ({ page, portals }) => {
  await page.goto(`${portals.signInUrl}/sign-in?error=Call+555-0100&id=Call+555-0100`)
  await expect(page.getByRole('alert')).toContainText('The portal could not sign you in.')
  await expect(page.getByText('555-0100')).toHaveCount(0)
})
