import type { Locator } from '@playwright/test'
import { expect, type Page } from './fixtures.ts'

/** A busy machine draws a graph slowly. */
export const LAID = { timeout: 40_000 }

export const c = (name: string) => `component:default/${name}`

/** Where things are in a graph. */
export class GraphPage {
  constructor(private readonly page: Page) {}

  async open(path: string): Promise<void> {
    await this.page.goto(path)
    await expect(this.canvas).toBeVisible(LAID)
    await expect(this.boxes.first()).toBeVisible()
  }

  async dependencies(name: string, query = ''): Promise<void> {
    await this.open(`/catalog/default/component/${name}/dependencies${query}`)
  }

  get canvas(): Locator {
    return this.page.getByRole('group', { name: /^(Graph of|The way from|Diagram of)/ })
  }

  get boxes(): Locator {
    return this.canvas.locator('[data-box]')
  }

  box(ref: string): Locator {
    return this.canvas.locator(`[data-box="${ref}"]`)
  }

  /** How many entities are drawn, with those that boxes hold. */
  async entities(): Promise<number> {
    const held = await this.canvas.getByRole('button', { name: /^(Unfold|List) / }).allInnerTexts()
    return (await this.boxes.count()) + held.reduce((sum, n) => sum + Number(n) - 1, 0)
  }

  /** How many boxes stand wholly within the frame. */
  async inside(): Promise<number> {
    const frame = await this.canvas.boundingBox()
    const boxes = await this.boxes.evaluateAll((all) => all.map((b) => b.getBoundingClientRect().toJSON() as DOMRect))
    return boxes.filter(
      (b) =>
        frame !== null &&
        b.x >= frame.x &&
        b.y >= frame.y &&
        b.x + b.width <= frame.x + frame.width &&
        b.y + b.height <= frame.y + frame.height,
    ).length
  }

  get about(): Locator {
    return this.page.getByRole('complementary', { name: 'About what is chosen' })
  }

  get table(): Locator {
    return this.page.getByRole('table', { name: /^Around/ })
  }

  button(name: string): Locator {
    return this.page.getByRole('button', { name, exact: true })
  }
}
