import { parseRef } from '../lib/entity.ts'
import { EntityName } from './entity-link.tsx'

/** ", by Ines Roca" after a sentence; nothing where a file changed by itself. A guest is no person to link to. */
export function Actor({ actor }: { actor: string | undefined }) {
  if (!actor?.includes(':')) return null
  const { kind, name } = parseRef(actor)
  if (kind !== 'user') return null
  return <span className="muted">, by {name === 'guest' ? 'a guest' : <EntityName entityRef={actor} />}</span>
}
