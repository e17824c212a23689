import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test as base, type Page } from '@playwright/test'
import { componentFile } from './files.ts'
import { CatalogPage, EntityPage, Finder, ProblemsPanel } from './pages.ts'
import { runningPortals, type Portals } from './server.ts'

interface Fixtures {
  portals: Portals
  /** Where the open portal answers; read by Playwright for relative addresses. */
  catalog: CatalogPage
  entity: EntityPage
  finder: Finder
  problems: ProblemsPanel
  /** Declares a component, as a team would: a file in a watched folder. */
  declare: (name: string, description: string) => void
  /** Takes the file of a component away. */
  withdraw: (name: string) => void
  /** Messages of the console and faults of the page; any fails the test at its end. */
  quiet: string[]
}

export const test = base.extend<Fixtures>({
  // eslint-disable-next-line no-empty-pattern
  portals: async ({}, use) => {
    await use(runningPortals())
  },
  baseURL: async ({ portals }, use) => {
    await use(portals.url)
  },
  quiet: [
    async ({ page }, use) => {
      const said: string[] = []
      page.on('console', (message) => {
        if (['error', 'warning'].includes(message.type()))
          said.push(`${message.type()}: ${message.text()} (${message.location().url})`)
      })
      page.on('pageerror', (error) => said.push(`fault: ${error.message}`))
      await use(said)
      if (said.length > 0) throw new Error(`the page was not quiet:\n${said.join('\n')}`)
    },
    { auto: true },
  ],
  catalog: async ({ page }, use) => {
    await use(new CatalogPage(page))
  },
  entity: async ({ page }, use) => {
    await use(new EntityPage(page))
  },
  finder: async ({ page }, use) => {
    await use(new Finder(page))
  },
  problems: async ({ page }, use) => {
    await use(new ProblemsPanel(page))
  },
  declare: async ({ portals }, use) => {
    await use((name, description) => {
      writeFileSync(join(portals.watched, `${name}.yaml`), componentFile(name, description))
    })
  },
  withdraw: async ({ portals }, use) => {
    await use((name) => {
      rmSync(join(portals.watched, `${name}.yaml`))
    })
  },
})

export { expect } from '@playwright/test'
export type { Page }
