import { useQuery } from '@tanstack/react-query'
import { Clock } from 'lucide-react'
import type { ReactNode } from 'react'
import { languageOf, refOf, relationsOf, text, tierOf, titleOf, type Entity } from '../../lib/entity.ts'
import { languageName } from '../../lib/languages.ts'
import { EntityName } from '../../ui/entity-link.tsx'
import { Fresh } from '../../ui/fresh.tsx'
import { Icon } from '../../ui/icon.tsx'
import { KindGlyph } from '../../ui/kind-glyph.tsx'
import { Monogram, Owner } from '../../ui/owner.tsx'
import { ErrorStrip } from '../../ui/strip.tsx'
import { Lifecycle } from '../../ui/tag.tsx'
import { say } from '../../ui/toast.tsx'
import { latestChangesQuery, useRefreshEntity } from './api.ts'
import { EntityActions, Fact, OwnerStanding } from './chunks.ts'
import { Crumbs } from './crumbs.tsx'
import css from './entity.module.css'

export function EntityHeader({ entity }: { entity: Entity }) {
  const ref = refOf(entity)
  const refresh = useRefreshEntity(ref)
  const title = titleOf(entity)
  const kind = entity.kind.toLowerCase()
  return (
    <header className={css['top']}>
      <Crumbs entity={entity} />
      <div className={css['head']}>
        {kind === 'user' ? (
          <Monogram title={title} person size="portrait" />
        ) : (
          <KindGlyph kind={entity.kind} size="large" />
        )}
        {/* The mark of where the title comes from is no part of the heading's name. */}
        <h1 tabIndex={-1} aria-label={title}>
          {entity.metadata.title ? fact(entity, 'metadata.title', title) : title}
        </h1>
        <EntityActions
          meanwhile={<div className={css['acts']} aria-busy="true" />}
          entity={entity}
          answer={refresh.error}
          onRefresh={() => {
            refresh.mutate(undefined, {
              onSuccess: () => {
                say(`The source of ${title} is being read.`)
              },
            })
          }}
        />
        <div className={css['text']}>
          {!alike(title, entity.metadata.name) && <p className={css['name']}>{entity.metadata.name}</p>}
          {entity.metadata.description && (
            <p className={css['lead']}>{fact(entity, 'metadata.description', entity.metadata.description)}</p>
          )}
          <Meta entity={entity} />
        </div>
      </div>
      {refresh.error && (
        <ErrorStrip error={refresh.error} what="Its source was not read." kept="You see the last good version." />
      )}
    </header>
  )
}

function Meta({ entity }: { entity: Entity }) {
  const last = useQuery(latestChangesQuery(refOf(entity))).data?.[0]
  const owner = relationsOf(entity, 'ownedBy')[0]
  const lifecycle = text(entity.spec?.['lifecycle'])
  const tier = tierOf(entity)
  const language = languageOf(entity)
  const system = relationsOf(entity, 'partOf').find((r) => r.startsWith('system:'))
  return (
    <div className={css['meta']}>
      {ownable(entity) && (
        <OwnerStanding
          entityRef={refOf(entity)}
          owner={owner}
          shown={(name) => fact(entity, 'spec.owner', name)}
          meanwhile={<Owner owner={owner} />}
        />
      )}
      {lifecycle && <span>{fact(entity, 'spec.lifecycle', <Lifecycle value={lifecycle} />)}</span>}
      {tier && <span>{tier.replace(/^T(\d)$/, 'Tier $1')}</span>}
      {language && <span>{languageName(language)}</span>}
      {system && (
        <span className="cut">
          {fact(
            entity,
            'spec.system',
            <>
              <EntityName entityRef={system} /> system
            </>,
          )}
        </span>
      )}
      {last && (
        <span className={css['when']}>
          <Icon of={Clock} size={14} />
          <span>
            {last.op === 'created' ? 'Added' : 'Changed'} <Fresh at={last.at} />
          </span>
        </span>
      )}
    </div>
  )
}

/** What is shown of a field, which tells where it comes from as soon as the code for that is here. */
export function fact(entity: Entity, path: string, shown: ReactNode) {
  return (
    <Fact entity={entity} path={path} meanwhile={shown}>
      {shown}
    </Fact>
  )
}

/** Whether two names differ in capitals and in what parts their words alone: whoever reads one knows the other. */
function alike(a: string, b: string): boolean {
  const letters = (name: string) => name.toLowerCase().replace(/[\s._-]+/g, '')
  return letters(a) === letters(b)
}

/** Teams, people and locations have no owner by nature; everything else should. */
export function ownable(entity: Entity): boolean {
  return !['group', 'user', 'location'].includes(entity.kind.toLowerCase())
}
