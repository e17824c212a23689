import { parseRef } from './entity.ts'

const at = '/api/portico/ownership'
const seg = encodeURIComponent

/** The part of the paths of the REST API that pages about owners use: every page would pay for them in paths.ts. */
export const ownershipApi = {
  inbox: `${at}/inbox`,
  findings: `${at}/findings`,
  decisions: `${at}/decisions`,
  claims: `${at}/claims`,
  aliases: '/api/catalog/owner-aliases',
  alias: (ref: string) => {
    const { kind, namespace, name } = parseRef(ref)
    return `/api/catalog/owner-aliases/${seg(kind)}/${seg(namespace)}/${seg(name)}`
  },
  of: (ref: string) => {
    const { kind, namespace, name } = parseRef(ref)
    return `${at}/entities/${seg(kind)}/${seg(namespace)}/${seg(name)}`
  },
}
