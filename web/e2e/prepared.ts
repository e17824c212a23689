import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { BERTHS, berthsFile, componentFile } from './files.ts'
import type { Portals } from './server.ts'

const PATIENCE = 30_000

/** What happened before anybody came. */
export async function prepare(portals: Portals): Promise<void> {
  await Promise.all([prepareOpen(portals), prepareHeld(portals)])
}

/** In the open portal: a component that changed twice, one that was removed, a file at a host. */
async function prepareOpen(portals: Portals): Promise<void> {
  const at = (name: string) => `${portals.url}/api/catalog/entities/by-name/component/default/${name}`
  const file = (name: string) => join(portals.watched, `${name}.yaml`)
  for (const words of ['Rings in fog.', 'Rings in fog and snow.', 'Rings in fog, snow and heavy rain.']) {
    writeFileSync(file(CHANGED), componentFile(CHANGED, words))
    await until(async () => ((await entity(at(CHANGED)))?.metadata.description ?? '') === words)
  }
  writeFileSync(file(REMOVED), componentFile(REMOVED, 'Lit the bar until it drifted off.'))
  await until(async () => (await entity(at(REMOVED))) !== undefined)
  const { uid } = (await entity(at(REMOVED)))?.metadata ?? {}
  const removed = await fetch(`${portals.url}/api/catalog/entities/by-uid/${uid ?? ''}`, {
    method: 'DELETE',
    headers: { 'Sec-Fetch-Site': 'same-origin' },
  })
  if (!removed.ok) throw new Error(`${REMOVED} is not removed: ${String(removed.status)} ${await removed.text()}`)
  rmSync(file(REMOVED))
  mkdirSync(join(portals.hosted, REPOSITORY), { recursive: true })
  writeFileSync(join(portals.hosted, REPOSITORY, 'catalog-info.yaml'), componentFile('tide-clock', 'Tells the tides.'))
}

/** Most of the berths went from their file at once: more than the portal removes without being told to. */
async function prepareHeld({ heldUrl, heldFile }: Portals): Promise<void> {
  const sources = async () => {
    const answer = await fetch(`${heldUrl}/api/catalog/sources`)
    return answer.ok ? ((await answer.json()) as { items: { entities: number; held: unknown }[] }).items : []
  }
  await until(async () => (await sources()).some(({ entities }) => entities >= BERTHS))
  writeFileSync(heldFile, berthsFile(BERTHS - GONE))
  await until(async () => (await sources()).some(({ held }) => held !== null))
}

const GONE = 48

export const CHANGED = 'fog-bell'
export const REMOVED = 'drifted-buoy'
const REPOSITORY = 'tide-clock'

/** Where a browser shows the file at the host. */
export const hostedFile = ({ hostedUrl }: Portals): string =>
  `${hostedUrl}/${REPOSITORY}/src/branch/main/catalog-info.yaml`

/** The revisions of the first and the last change of the component that changed. */
export async function changedBetween({ url }: Portals): Promise<{ from: number; to: number }> {
  const answer = await fetch(`${url}/api/catalog/entities/by-name/component/default/${CHANGED}/history`)
  const { items } = (await answer.json()) as { items: { revision: number }[] }
  const revisions = items.map(({ revision }) => revision)
  return { from: Math.min(...revisions), to: Math.max(...revisions) }
}

interface Known {
  metadata: { uid: string; description?: string }
}

async function entity(at: string): Promise<Known | undefined> {
  const answer = await fetch(at)
  return answer.ok ? ((await answer.json()) as Known) : undefined
}

async function until(done: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + PATIENCE; !(await done());) {
    if (Date.now() > end) throw new Error('a portal does not show what its files declare')
    await new Promise((r) => setTimeout(r, 100))
  }
}
