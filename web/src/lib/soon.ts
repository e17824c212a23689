const quietly = () => undefined

/** How long a page waits for what it is opened for before it shows bones in its place, in milliseconds. */
export const PATIENCE = 300

/** Waits until all is there, or so long. Failures are the page's to tell, which asks again. */
export async function soon(parts: unknown[], ms = PATIENCE): Promise<void> {
  const late = new Promise((done) => setTimeout(done, ms))
  await Promise.race([Promise.all(parts.map((part) => Promise.resolve(part).catch(quietly))), late])
}
