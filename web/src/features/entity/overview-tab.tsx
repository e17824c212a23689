import { lazy, Suspense } from 'react'
import { refOf, relationCount, relationsOf, titleOf, type Entity } from '../../lib/entity.ts'
import { byKind, count } from '../../lib/words.ts'
import { RowBones } from '../../ui/bones.tsx'
import { MentionList } from '../../ui/mention-list.tsx'
import { Section } from '../../ui/section.tsx'
import { usePhone } from '../../lib/widths.ts'
import { Around } from './around.tsx'
import { Left } from './left.tsx'
import { ApiBrief, ApisAround, InsideDiagram, Lately } from './chunks.ts'
import { Rail } from './rail.tsx'
import { useEntity } from './use-entity.ts'
import css from './entity.module.css'

// Each for one or two kinds; what most entities are does not pay for them.
const Members = lazy(async () => ({ default: (await import('./members.tsx')).Members }))
const Owns = lazy(async () => ({ default: (await import('./owns.tsx')).Owns }))
const Hierarchy = lazy(async () => ({ default: (await import('./hierarchy.tsx')).Hierarchy }))
const TeamsOf = lazy(async () => ({ default: (await import('./hierarchy.tsx')).TeamsOf }))
const LocationOverview = lazy(async () => ({ default: (await import('./location-overview.tsx')).LocationOverview }))
const OwnKind = lazy(async () => ({ default: (await import('./own-kind.tsx')).OwnKind }))
const TemplateSummary = lazy(async () => ({ default: (await import('./template-summary.tsx')).TemplateSummary }))
const InsideLeft = lazy(async () => ({ default: (await import('./inside-left.tsx')).InsideLeft }))

export function OverviewTab() {
  const entity = useEntity()
  return (
    <div className={css['cols']}>
      <div>
        {/* All of it comes at once: what stands below something that is late would jump. The rail of a phone is below the bones. */}
        <Suspense fallback={<RowBones rows={16} />}>
          <Main entity={entity} />
          <Lately entity={entity} />
        </Suspense>
      </div>
      <Rail entity={entity} />
    </div>
  )
}

/** What a page of this kind opens with. A kind of one's own shows its spec as it is. */
function Main({ entity }: { entity: Entity }) {
  const apis = new Set([...relationsOf(entity, 'providesApi'), ...relationsOf(entity, 'consumesApi')]).size
  switch (entity.kind.toLowerCase()) {
    case 'component':
      return (
        <>
          <Around entity={entity} />
          {apis > 0 && (
            <ApisAround
              entity={entity}
              meanwhile={
                <Section title="APIs">
                  <RowBones rows={Math.min(apis, 13)} />
                </Section>
              }
            />
          )}
          <Related entity={entity} type="hasPart" title="Parts" />
        </>
      )
    case 'api':
      return (
        <>
          <ApiBrief entity={entity} />
          <Around entity={entity} />
        </>
      )
    case 'resource':
      return <Around entity={entity} />
    case 'system':
    case 'domain':
      return <Inside entity={entity} />
    case 'group':
      return (
        <>
          <Members entity={entity} />
          <Owns entity={entity} />
          <Hierarchy entity={entity} />
        </>
      )
    case 'user':
      return (
        <>
          <TeamsOf entity={entity} />
          <Owns entity={entity} />
        </>
      )
    case 'template':
      return <TemplateSummary entity={entity} />
    case 'location':
      return <LocationOverview entity={entity} />
    default:
      return <OwnKind entity={entity} />
  }
}

/** A system or a domain: its inside as a picture, where there is room for one, then as a list. */
function Inside({ entity }: { entity: Entity }) {
  const narrow = usePhone()
  const refs = relationsOf(entity, 'hasPart').sort(byKind)
  const parts = relationCount(entity, 'hasPart')
  if (refs.length === 0)
    return (
      <Section title="Inside">
        <p className="muted">Nothing says that it is part of this yet.</p>
      </Section>
    )
  return (
    <Section title="Inside" note={count(parts, 'entity', 'entities')}>
      {!narrow && (
        <InsideDiagram
          entityRef={refOf(entity)}
          name={titleOf(entity)}
          meanwhile={<div className={css['diagram']} aria-busy="true" />}
        />
      )}
      <MentionList refs={refs} />
      {parts > refs.length && (
        <Suspense>
          <InsideLeft entity={entity} n={parts - refs.length} />
        </Suspense>
      )}
    </Section>
  )
}

/** The entities to which relations of a type lead; nothing where there are none. */
function Related({ entity, type, title }: { entity: Entity; type: string; title: string }) {
  const refs = relationsOf(entity, type).sort(byKind)
  if (refs.length === 0) return null
  const all = relationCount(entity, type)
  return (
    <Section title={title} note={count(all, 'entity', 'entities')}>
      <MentionList refs={refs} />
      <Left entity={entity} n={all - refs.length} />
    </Section>
  )
}
