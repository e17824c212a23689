import type { Locator, Page } from '@playwright/test'

/** Page objects: where things are, by role and label. What must be true of them stands in the tests. */
export class CatalogPage {
  constructor(private readonly page: Page) {}

  async open(query = 'kind=component'): Promise<void> {
    await this.page.goto(`/catalog?${query}`)
    await this.page.getByRole('heading', { level: 1, name: 'Catalog' }).waitFor()
  }

  get table(): Locator {
    return this.page.getByRole('grid')
  }

  get rows(): Locator {
    return this.table.locator('tbody').getByRole('row')
  }

  row(name: string): Locator {
    return this.rows.filter({ has: this.page.getByRole('link', { name, exact: true }) })
  }

  get filter(): Locator {
    return this.page.getByRole('searchbox', { name: 'Filter by name, title, tag or text' })
  }

  get total(): Locator {
    return this.page.getByRole('region', { name: /components|apis|teams/i }).getByRole('status')
  }

  facet(name: string): Locator {
    return this.page.getByRole('region', { name, exact: true })
  }

  value(facet: string, value: string): Locator {
    return this.facet(facet).getByRole('checkbox', { name: new RegExp(`^${value}`) })
  }

  chip(name: string): Locator {
    return this.page.getByRole('button', { name: `Remove the filter ${name}` })
  }

  column(name: string): Locator {
    return this.table.getByRole('columnheader', { name })
  }
}

export class EntityPage {
  constructor(private readonly page: Page) {}

  async open(kind: string, name: string, tab = ''): Promise<void> {
    await this.page.goto(`/catalog/default/${kind}/${name}${tab && `/${tab}`}`)
    await this.heading.waitFor()
  }

  get heading(): Locator {
    return this.page.getByRole('heading', { level: 1 })
  }

  tab(name: string): Locator {
    return this.page.getByRole('navigation', { name: 'Parts of the page' }).getByRole('link', { name })
  }

  section(name: string): Locator {
    return this.page.getByRole('region', { name, exact: true })
  }

  get facts(): Locator {
    return this.page.getByRole('complementary', { name: 'Facts' })
  }
}

export class Finder {
  constructor(private readonly page: Page) {}

  async open(): Promise<void> {
    await this.page.getByRole('heading', { level: 1 }).first().waitFor()
    await this.page.keyboard.press('Control+k')
    await this.field.waitFor()
  }

  get field(): Locator {
    return this.page.getByRole('combobox', { name: 'Find a service, API, team or person' })
  }

  get options(): Locator {
    return this.page.getByRole('option')
  }
}

export class ProblemsPanel {
  constructor(private readonly page: Page) {}

  tab(name: string): Locator {
    return this.page.getByRole('navigation', { name: 'Problems' }).getByRole('link', { name })
  }

  list(name: string): Locator {
    return this.page.getByRole('list', { name, exact: true }).getByRole('link')
  }

  get lines(): Locator {
    return this.page.getByRole('region', { name: 'lines around the problem' })
  }
}
