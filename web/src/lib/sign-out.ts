import { request } from './api.ts'
import { api, page } from './paths.ts'

/**
 * Ends this session, or all of the person's, and leaves: nothing that they saw stays in the page's memory. A proxy that
 * let the browser in would do so again, so the way leads to where it signs out.
 */
export async function signOut(all: boolean): Promise<void> {
  const ended = await request<{ signOutUrl: string } | undefined>(api.endSession, { method: 'POST', body: { all } })
  window.location.assign(ended?.signOutUrl ?? page.signIn)
}
