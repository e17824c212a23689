import { parseRef } from '../lib/entity.ts'
import { EntityName } from './entity-link.tsx'
import css from './actor.module.css'

/** ", by Ines Roca" after a sentence; nothing where a file changed by itself. A guest is no person to link to. */
export function Actor({ actor }: { actor: string | undefined }) {
  if (!actor?.includes(':')) return null
  const { kind, name } = parseRef(actor)
  if (kind !== 'user') return null
  return <span className={css['actor']}>, by {name === 'guest' ? 'a guest' : <EntityName entityRef={actor} />}</span>
}
