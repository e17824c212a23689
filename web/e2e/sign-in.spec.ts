import { serious } from './axe.ts'
import { expect, test, type Page } from './fixtures.ts'
import { ANN, BOB, FRONT } from './server.ts'

/** Goes from the portal's sign-in page to dex and fills in its form. */
async function signIn(page: Page, who: typeof ANN) {
  await page.getByRole('link', { name: 'Continue with single sign-on' }).click()
  await fillIn(page, who)
}

/** Fills in dex's form. */
async function fillIn(page: Page, who: typeof ANN) {
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

interface Message {
  origin: string
  data: {
    type: string
    targetOrigin?: string
    response?: { backstageIdentity: { token: string; identity: { userEntityRef: string } } }
    error?: { name: string; message: string }
  }
}

/** Opens the window in which Backstage's front ends sign in, at a page of another origin, and returns it. */
async function openWindow(page: Page, portal: string): Promise<Page> {
  await page.route(`${FRONT}/**`, (route) => route.fulfill({ contentType: 'text/html', body: '<title>Front</title>' }))
  await page.goto(`${FRONT}/`)
  const opened = page.waitForEvent('popup')
  await page.evaluate(
    (address) => {
      const said: unknown[] = []
      Object.assign(window, { said })
      window.addEventListener('message', ({ origin, data }: MessageEvent<unknown>) => said.push({ origin, data }))
      window.open(address, 'sign-in', 'width=450,height=730')
    },
    `${portal}/api/auth/oidc/start?env=development&flow=popup&scope=&origin=${encodeURIComponent(FRONT)}`,
  )
  return opened
}

/** What the window told the page that opened it, once it has said both things that it says. */
async function told(page: Page): Promise<Message[]> {
  const said = () => page.evaluate(() => (window as unknown as { said: Message[] }).said)
  await expect.poll(async () => (await said()).length).toBe(2)
  return said()
}

test('a window that another front end opened hands the token to it, and closes', async ({ page, portals, request }) => {
  const popup = await openWindow(page, portals.signInUrl)
  const closed = popup.waitForEvent('close')
  await fillIn(popup, ANN)
  const [first, second] = await told(page)
  await closed
  expect(first).toEqual({ origin: portals.signInUrl, data: { type: 'config_info', targetOrigin: FRONT } })
  expect(second?.data.type).toBe('authorization_response')
  expect(second?.data.response?.backstageIdentity.identity.userEntityRef).toBe('user:default/ann')
  const token = second?.data.response?.backstageIdentity.token ?? ''
  const answer = await request.get(`${portals.signInUrl}/api/catalog/entities/by-name/user/default/ann`, {
    headers: { Authorization: `Bearer ${token}` },
  })
  expect(answer.status()).toBe(200)
})

test('the window says why nobody was signed in', async ({ page, portals }) => {
  const popup = await openWindow(page, portals.signInUrl)
  await fillIn(popup, BOB)
  const second = (await told(page))[1]
  expect(second?.data.response).toBeUndefined()
  expect(second?.data.error?.message).toMatch(/^the catalog has no user that is you \([0-9A-F]{4}-[0-9A-F]{4}\)$/)
})

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [1440, 390]) {
    test(`${colorScheme}, ${String(width)} px: the ways in and what went wrong have nothing serious`, async ({
      page,
      portals,
    }) => {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      await page.setViewportSize({ width, height: 900 })
      await page.goto(`${portals.signInUrl}/sign-in?error=taken&id=51B0-7E21`)
      await expect(page.getByRole('alert')).toContainText('Error 51B0-7E21')
      await expect(page.getByRole('link', { name: /^Continue with / })).toHaveCount(3)
      expect(await serious(page)).toEqual([])
      const wide = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      )
      expect(wide, 'the page scrolls sideways').toBeLessThanOrEqual(0)
    })
  }
}
