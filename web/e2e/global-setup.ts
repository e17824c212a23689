import { startPortals } from './server.ts'

/** Starts the portals once for all workers; what it returns stops them. */
export default async function globalSetup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env['PORTICO_URL']) return undefined
  const { portals, stop } = await startPortals()
  process.env['PORTICO_PORTALS'] = JSON.stringify(portals)
  return stop
}
