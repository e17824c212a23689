import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Fragment, useCallback, useMemo } from 'react'
import { formatRef, parseRef, refOf, text, titleOf, type Entity } from '../../lib/entity.ts'
import { page } from '../../lib/paths.ts'
import { stringifySearch } from '../../lib/search-params.ts'
import { count, kindWords, number } from '../../lib/words.ts'
import { LinkButton } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorStrip } from '../../ui/strip.tsx'
import { parentKind, type Asker } from './catalog-query.ts'
import { inSystem, NONE, type CatalogSearch } from './catalog-search.ts'
import { mapCountsQuery, membersQuery, MOST_ENTITIES, placesQuery } from './map-api.ts'
import { MOST_AREAS } from './map-layout.ts'
import { areaTree, wayTo, type Area } from './map-tree.ts'
import { Treemap } from './treemap-view.tsx'
import css from './map.module.css'

interface Props {
  search: CatalogSearch
  asker: Asker
  go: (next: CatalogSearch, replace?: boolean) => void
}

/** The same as the table, as nested areas: domains hold systems, systems hold what the kind is. */
export function CatalogMap({ search, asker, go }: Props) {
  const places = useQuery(placesQuery)
  const counts = useQuery(mapCountsQuery(search, asker))
  const leaf = parentKind(search.kind)
  const root = useMemo(
    () => places.data && counts.data && areaTree(places.data.places, counts.data.of, counts.data.none, leaf),
    [places.data, counts.data, leaf],
  )
  const failed = [places, counts].find((q) => q.error !== null)
  return (
    <>
      {failed && (
        <div className={css['failed']}>
          <ErrorStrip
            error={failed.error}
            what="The map did not load."
            kept={root ? 'You see the last one; your filters are kept.' : 'Your filters are kept.'}
            onRetry={() => void failed.refetch()}
          />
        </div>
      )}
      {!root && !failed && <div className={css['bone']} role="status" aria-label="Loading" />}
      {root && <Level root={root} search={search} asker={asker} go={go} />}
      {root && places.data && places.data.left > 0 && (
        <p className={css['rest']}>
          {count(places.data.left, 'system or domain is', 'systems and domains are')} not on the map: there are more
          than it holds.
        </p>
      )}
    </>
  )
}

function Level({ root, search, asker, go }: Props & { root: Area }) {
  const way = wayTo(root, search.in)
  const words = kindWords(search.kind)
  const here = way?.at(-1)
  const drawn = useDrawn(here, search, asker)
  const { kind } = search
  const says = useCallback(
    (area: Area) => {
      const { one, many } = kindWords(kind)
      return count(area.count, one, many)
    },
    [kind],
  )
  const to = useCallback(
    (area: Area) => (area.single ? page.entity(area.ref) : page.catalog + stringifySearch({ ...search, in: area.ref })),
    [search],
  )
  if (!way || !here || here.count === 0) {
    return (
      <EmptyState
        door="open"
        title={`No ${words.one} is in ${search.in ? parseRef(search.in).name : 'here'}`}
        actions={
          <LinkButton to={page.catalog} search={{ ...search, in: undefined }}>
            See everything
          </LinkButton>
        }
      >
        <p>Nothing that the filters leave is part of it.</p>
      </EmptyState>
    )
  }
  const out = way.at(-2)
  return (
    <div className={css['map']}>
      <div className={css['way']}>
        <nav aria-label="Where you are on the map">
          {way.map((area, i) => (
            <Fragment key={area.ref}>
              {i > 0 && <span aria-hidden="true">›</span>}
              {area === here ? (
                <b aria-current="true">{area.title}</b>
              ) : (
                <Link to={page.catalog} search={{ ...search, in: area.ref || undefined }} resetScroll={false}>
                  {area.title}
                </Link>
              )}
            </Fragment>
          ))}
        </nav>
        <span className="quiet small">{count(here.count, words.one, words.many)}</span>
        <span className="grow" />
        <span className="narrow">
          <LinkButton
            to={page.catalog}
            search={{ ...search, view: undefined, in: inSystem(search) }}
            size="xs"
            variant="subtle"
          >
            Table
          </LinkButton>
        </span>
        {here.kind && (
          <LinkButton to={page.entity(here.ref)} size="xs" variant="subtle">
            Page of this {here.kind}
          </LinkButton>
        )}
      </div>
      <Treemap
        key={search.in ?? ''}
        areas={drawn.areas}
        label={`${words.tab} ${here.ref === '' ? 'by domain and system' : `in ${here.title}`}`}
        says={says}
        to={to}
        onOut={
          out &&
          (() => {
            go({ ...search, in: out.ref || undefined })
          })
        }
      />
      {drawn.error !== null && (
        <ErrorStrip error={drawn.error} what={`The ${words.many} did not load.`} onRetry={drawn.again} />
      )}
      {drawn.left > 0 && (
        <p className={css['rest']}>
          {number(drawn.left)} more {drawn.of} not drawn here.{' '}
          {drawn.of === 'are' && (
            <Link className="link" to={page.catalog} search={{ ...search, view: undefined }}>
              See all in the table
            </Link>
          )}
        </p>
      )}
    </div>
  )
}

interface Drawn {
  areas: Area[]
  /** How many are there but for those. */
  left: number
  of: 'are' | 'smaller areas are'
  error: Error | null
  again: () => void
}

const nowhere: Area = { ref: '', kind: '', title: '', count: 0, children: [] }

/** What a level shows: its areas, and in them, or in their place, the entities where these are few. */
function useDrawn(here: Area = nowhere, search: CatalogSearch, asker: Asker): Drawn {
  const bottom = here.children.length === 0
  const systems = useMemo(() => (bottom ? [here.ref] : leaves(here)), [bottom, here])
  const few = here.count > 0 && (bottom || here.count <= MOST_ENTITIES)
  const members = useQuery({ ...membersQuery(search, asker, systems), enabled: few })
  const areas = useMemo(() => {
    if (!few || !members.data) return bottom ? [] : here.children
    const entities = members.data.items.map((e) => entityArea(e))
    if (bottom) return entities
    const parent = parentKind(search.kind)
    return filled(here, byParent(members.data.items, parent)).children
  }, [few, bottom, here, members.data, search.kind])
  const left = bottom
    ? members.data
      ? Math.max(0, here.count - areas.length)
      : 0
    : Math.max(0, here.children.length - MOST_AREAS)
  return {
    areas,
    left,
    of: bottom ? 'are' : 'smaller areas are',
    error: members.error,
    again: () => void members.refetch(),
  }
}

/** The areas that hold entities themselves. */
function leaves(area: Area): string[] {
  return area.children.length === 0 ? [area.ref] : area.children.flatMap(leaves)
}

function entityArea(e: Entity): Area {
  return { ref: refOf(e), kind: e.kind.toLowerCase(), title: titleOf(e), count: 1, children: [], single: e }
}

function byParent(items: Entity[], kind: 'system' | 'domain'): Map<string, Area[]> {
  const out = new Map<string, Area[]>()
  for (const e of items) {
    const written = text(e.spec?.[kind])
    const ref = written ? formatRef(parseRef(written, { kind, namespace: e.metadata.namespace ?? 'default' })) : NONE
    out.set(ref, [...(out.get(ref) ?? []), entityArea(e)])
  }
  return out
}

/** The area with its entities in its systems. */
function filled(area: Area, members: ReadonlyMap<string, Area[]>): Area {
  if (area.children.length === 0) return { ...area, children: members.get(area.ref) ?? [] }
  return { ...area, children: area.children.map((child) => filled(child, members)) }
}
