import { useQuery } from '@tanstack/react-query'
import { changeWords, feedItems, manyOf, manyVerb, type FeedItem } from '../../lib/change-words.ts'
import { parseRef } from '../../lib/entity.ts'
import { locationTarget, shortPath } from '../../lib/format.ts'
import type { Change } from '../../lib/portico.ts'
import { Actor } from '../../ui/actor.tsx'
import { RowBones } from '../../ui/bones.tsx'
import { EntityName, RefName } from '../../ui/entity-link.tsx'
import { Fresh } from '../../ui/fresh.tsx'
import { KindGlyph } from '../../ui/kind-glyph.tsx'
import { Section } from '../../ui/section.tsx'
import { StaleStrip } from '../../ui/stale-strip.tsx'
import { ErrorStrip } from '../../ui/strip.tsx'
import { catalogChangesQuery } from './api.ts'
import { massNames } from './near-words.ts'
import css from './home.module.css'

const MOST = 14

/** What moved in the catalog, one sentence a change. */
export function ChangeFeed() {
  const changes = useQuery(catalogChangesQuery)
  const items = feedItems(changes.data?.items ?? [], changes.data?.more).slice(0, MOST)
  return (
    <Section title="Changed lately" note="in the whole catalog">
      {changes.data && <StaleStrip query={changes} what="The changes did not load again." />}
      {changes.isLoadingError && (
        <ErrorStrip error={changes.error} what="The changes did not load." onRetry={() => void changes.refetch()} />
      )}
      {changes.isPending && <RowBones rows={6} />}
      {changes.data && items.length === 0 && <p className="muted">Nothing changed since the change log began.</p>}
      <ol className={items.length > 0 ? 'hairlines' : undefined}>
        {items.map((item) =>
          item.type === 'one' ? (
            <One key={item.change.revision} change={item.change} />
          ) : (
            <Many key={item.changes[0]?.revision} item={item} />
          ),
        )}
      </ol>
    </Section>
  )
}

function One({ change }: { change: Change }) {
  return (
    <li className={css['change']}>
      <KindGlyph kind={parseRef(change.ref).kind} size="bare" />
      <span className={css['words']}>
        <b>{change.op === 'removed' ? <RefName entityRef={change.ref} /> : <EntityName entityRef={change.ref} />}</b>{' '}
        {changeWords(change)}
        <Actor actor={change.actor} />
      </span>
      <Fresh at={change.at} className={css['when'] ?? ''} />
    </li>
  )
}

function Many({ item }: { item: Extract<FeedItem, { type: 'many' }> }) {
  const { changes } = item
  const sources = new Set(changes.map((c) => c.source ?? ''))
  const [only] = sources
  return (
    <li className={css['change']}>
      <KindGlyph kind="location" size="bare" />
      <span className={css['words']}>
        <b>{manyOf(item)}</b> {manyVerb(item)}
        <span className="muted">
          {sources.size === 1 && only
            ? ` from ${shortPath(locationTarget(only))}`
            : `: ${massNames(changes.map((c) => c.ref))}`}
        </span>
      </span>
      <Fresh at={changes[0]?.at ?? ''} className={css['when'] ?? ''} />
    </li>
  )
}
