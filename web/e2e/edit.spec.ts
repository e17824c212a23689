import { serious } from './axe.ts'
import { expect, test } from './fixtures.ts'

test('a field is set on the page, says who set it, and gives way to what the file declares', async ({
  page,
  entity,
  declare,
  withdraw,
  quiet,
}) => {
  declare('edited-kiosk', 'Sells tickets')
  await expect(async () => {
    await entity.open('component', 'edited-kiosk')
    await expect(entity.heading).toHaveText('edited-kiosk', { timeout: 1000 })
  }).toPass()

  await page.getByRole('button', { name: 'More actions' }).waitFor()
  await page.keyboard.press('e')
  const dialog = page.getByRole('dialog', { name: /^Edit / })
  await expect(dialog.getByLabel('Title', { exact: true })).toBeFocused()
  expect(await serious(page)).toEqual([])
  await dialog.getByLabel('Title', { exact: true }).fill('Ticket kiosk')
  await dialog.getByLabel('Tags').fill('Not A Tag!')
  await page.keyboard.press('Enter')
  await expect(dialog.getByRole('alert')).toContainText('may hold only lower-case letters')
  await expect(dialog.getByLabel('Tags')).toBeFocused()
  quiet.length = 0 // the browser says that the server refused it
  await dialog.getByLabel('Tags').fill('tickets')
  await expect(dialog).toContainText('Its file says Sells tickets')
  await dialog.getByLabel('Description').fill('Sells tickets, and prints them')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(dialog).toBeHidden()
  await expect(page.getByText('Its file declares the description')).toBeVisible()

  // Its author sees it at once, and what the file declares is shown with what was set beside it.
  await expect(entity.heading).toHaveAccessibleName('Ticket kiosk')
  await expect(page.getByRole('button', { name: 'Title: where it comes from' })).toHaveText('✎')
  await expect(page.getByRole('button', { name: 'Tag tickets: where it comes from' })).toHaveText('✎')
  await expect(entity.facts).toContainText('tickets')
  await expect(page.getByText('Sells tickets≠', { exact: true })).toBeVisible()
  const mark = page.getByRole('button', { name: 'Description: where it comes from' })
  await expect(mark).toHaveText('≠')
  await mark.focus()
  await page.keyboard.press('Enter')
  const told = page.getByRole('dialog', { name: 'Where the description comes from' })
  await expect(told).toContainText('Declared in its file.')
  await expect(told).toContainText('edited-kiosk.yaml:')
  await expect(told).toContainText('Sells tickets, and prints them was set in the portal')
  expect(await serious(page)).toEqual([])
  await page.keyboard.press('Escape')
  await expect(told).toBeHidden()
  await expect(mark).toBeFocused()

  // Emptied, it is as if it had never been set.
  await page.keyboard.press('e')
  await dialog.getByLabel('Description').fill('')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(dialog).toBeHidden()
  await expect(mark).toBeHidden()
  withdraw('edited-kiosk')
})

test('what was set is shown as the file would have it, and copied where it cannot be sent', async ({
  page,
  entity,
  declare,
  withdraw,
}) => {
  declare('proposed-kiosk', 'Sells tickets')
  await expect(async () => {
    await entity.open('component', 'proposed-kiosk')
    await expect(entity.heading).toHaveText('proposed-kiosk', { timeout: 1000 })
  }).toPass()
  await page.getByRole('button', { name: 'More actions' }).waitFor()
  await page.keyboard.press('e')
  const edit = page.getByRole('dialog', { name: /^Edit / })
  await edit.getByLabel('Title', { exact: true }).fill('Ticket kiosk')
  await expect(edit.getByRole('button', { name: 'send it as a pull request' })).toBeHidden()
  await edit.getByRole('button', { name: 'Save' }).click()
  await expect(edit).toBeHidden()
  await expect(entity.heading).toContainText('Ticket kiosk')

  await page.keyboard.press('e')
  await edit.getByRole('button', { name: 'send it as a pull request' }).click()
  const dialog = page.getByRole('dialog', { name: 'Propose Ticket kiosk to its file' })
  await expect(dialog).toContainText('One field is set in')
  await expect(dialog).toContainText('No provider reads the repository of this file')
  await expect(dialog.getByRole('region', { name: 'What changes' }).locator('ins')).toHaveText(/title: Ticket kiosk/)
  await expect(dialog.getByRole('button', { name: /pull request/ })).toBeHidden()
  await expect(dialog.getByRole('button', { name: 'Copy the file' })).toBeVisible()
  expect(await serious(page)).toEqual([])
  await page.keyboard.press('Escape')
  await expect(dialog).toBeHidden()

  await page.keyboard.press('.')
  await page.getByRole('menuitem', { name: 'Propose as pull request…' }).click()
  await expect(dialog).toContainText('One field is set in')
  withdraw('proposed-kiosk')
})
