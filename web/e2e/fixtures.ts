import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test as base, type Page } from '@playwright/test'
import { CatalogPage, EntityPage, Finder, ProblemsPanel } from './pages.ts'
import { componentFile, type Portals } from './server.ts'

interface Fixtures {
  portals: Portals
  /** Where the open portal answers; read by Playwright for relative addresses. */
  catalog: CatalogPage
  entity: EntityPage
  finder: Finder
  problems: ProblemsPanel
  /** Declares a component, as a team would: a file in a watched folder. */
  declare: (name: string, description: string) => Promise<void>
  /** Takes the file of a component away. */
  withdraw: (name: string) => Promise<void>
  /** Messages of the console and faults of the page; any fails the test at its end. */
  quiet: string[]
}

function portals(): Portals {
  const url = process.env['PORTICO_URL']
  if (url) return { url, closedUrl: process.env['PORTICO_CLOSED_URL'] ?? url, watched: process.env['PORTICO_WATCHED'] }
  return JSON.parse(process.env['PORTICO_PORTALS'] ?? '{}') as Portals
}

export const test = base.extend<Fixtures>({
  // eslint-disable-next-line no-empty-pattern
  portals: async ({}, use) => {
    await use(portals())
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
    await use(async (name, description) => {
      if (portals.watched) writeFileSync(join(portals.watched, `${name}.yaml`), componentFile(name, description))
      else await tellMock(portals, 'component', { name, description })
    })
  },
  withdraw: async ({ portals }, use) => {
    await use(async (name) => {
      if (portals.watched) rmSync(join(portals.watched, `${name}.yaml`))
      else await tellMock(portals, 'withdraw', { name })
    })
  },
})

async function tellMock(portals: Portals, what: string, body: object): Promise<void> {
  const answer = await fetch(`${portals.url}/api/mock/${what}`, { method: 'POST', body: JSON.stringify(body) })
  if (!answer.ok) throw new Error(`the mock did not take ${what} ${JSON.stringify(body)}: ${answer.status}`)
}

export { expect } from '@playwright/test'
export type { Page }
