import { request } from './api.ts'
import { api, page } from './paths.ts'
import { settings } from './settings.ts'

/**
 * Ends this session, or all of the person's, and leaves: nothing that they saw stays in the page's memory. A proxy that
 * let the browser in would do so again, so the way leads to where it signs out.
 */
export async function signOut(all: boolean): Promise<void> {
  await settings.flush()
  const ended = await request<{ signOutUrl: string } | undefined>(api.endSession, { method: 'POST', body: { all } })
  settings.forget()
  window.location.assign(ended?.signOutUrl ?? page.signIn)
}
