import { startPortals } from './server.ts'

/** Starts the portals once for all workers; what it returns stops them. */
export default async function globalSetup(): Promise<() => Promise<void>> {
  return (await startPortals()).stop
}
