import { prepare } from './prepared.ts'
import { startPortals } from './server.ts'

/** Starts the portals once for all workers; what it returns stops them. */
export default async function globalSetup(): Promise<() => Promise<void>> {
  const { portals, stop } = await startPortals()
  try {
    await prepare(portals)
  } catch (error) {
    await stop()
    throw error
  }
  return stop
}
