import { request } from './api.ts'
import { api, page } from './paths.ts'

/** Ends this session, or all of the person's, and leaves: nothing that they saw stays in the page's memory. */
export async function signOut(all: boolean): Promise<void> {
  await request(api.endSession, { method: 'POST', body: { all } })
  window.location.assign(page.signIn)
}
