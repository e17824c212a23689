import { record, text, type Entity } from '../../lib/entity.ts'
import { httpUrl } from '../../lib/url.ts'

export interface WayOut {
  label: string
  href: string
  /** Written to, not opened. */
  mail?: boolean
}

/** What people open while it burns: the first link that is a dashboard by type, icon or title. All links are in the rail. */
function dashboard(entity: Entity): WayOut[] {
  const link = entity.metadata.links?.find(
    ({ url, type, icon, title }) => httpUrl(url) && [type, icon, title].some((word) => /dashboard/i.test(word ?? '')),
  )
  return link ? [{ label: link.title ?? 'Dashboard', href: link.url }] : []
}

function mail(entity: Entity): WayOut[] {
  const address = text(record(entity.spec?.['profile'])?.['email'])
  return address ? [{ label: 'Write an e-mail', href: `mailto:${address}`, mail: true }] : []
}

/** Whether nobody declared it: it was seen in a repository. */
export function isInferred(entity: Entity): boolean {
  return entity.metadata.annotations?.['portico.dev/inferred'] === 'true'
}

/** Where its code lies, else the file that declares it; of those that have no code, the file alone. */
function code(entity: Entity): WayOut[] {
  const said = entity.metadata.annotations ?? {}
  const file = httpUrl(said['backstage.io/view-url'])
  const codeless = ['group', 'user', 'location', 'domain'].includes(entity.kind.toLowerCase())
  const repository = codeless ? undefined : httpUrl(said['backstage.io/source-location']?.replace(/^url:/, ''))
  if (repository) return [{ label: 'Repository', href: repository }]
  // Of what nobody declared, what is to be seen is the repository.
  return file ? [{ label: isInferred(entity) ? 'Repository' : 'Catalog file', href: file }] : []
}

/** The ways out of the portal that stand in the header, the one that is wanted in a hurry first. */
export function waysOut(entity: Entity): WayOut[] {
  return [...dashboard(entity), ...mail(entity), ...code(entity)]
}
