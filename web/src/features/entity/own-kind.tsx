import { lazy } from 'react'
import { relationCount, relationsOf, type Entity } from '../../lib/entity.ts'
import { byKind, count, listed, relationWords } from '../../lib/words.ts'
import { MentionList } from '../../ui/mention-list.tsx'
import { Section } from '../../ui/section.tsx'
import { Left } from './left.tsx'
import { SpecTree } from './spec-tree.tsx'

// Few of such a kind own anything.
const Owns = lazy(async () => ({ default: (await import('./owns.tsx')).Owns }))

/** What the portal does not know shows its spec as it is, then what it is related to. */
export function OwnKind({ entity }: { entity: Entity }) {
  return (
    <>
      <SpecTree entity={entity} title="Specification" />
      {relationCount(entity, 'ownerOf') > 0 && <Owns entity={entity} />}
      <Relations entity={entity} />
    </>
  )
}

/** Of a kind that the portal does not know: each of its relations by its name. The owner is in the rail, what it owns above. */
function Relations({ entity }: { entity: Entity }) {
  const own = (entity.relations ?? []).filter((r) => r.type !== 'ownedBy' && r.type !== 'ownerOf')
  if (own.length === 0) return null
  const types = new Map<string, string[]>()
  for (const { type, targetRef } of own)
    types.set(targetRef, [...(types.get(targetRef) ?? []), relationWords(type).heading])
  const cut = Object.entries(entity.portico?.relations ?? {}).filter(([type]) => type !== 'ownerOf')
  const left = cut.reduce((sum, [type, n]) => sum + n - relationsOf(entity, type).length, 0)
  return (
    <Section title="Relations" note={count(types.size + left, 'entity', 'entities')}>
      <MentionList refs={[...types.keys()].sort(byKind)} note={(ref) => listed(types.get(ref) ?? [])} />
      <Left entity={entity} n={left} />
    </Section>
  )
}
