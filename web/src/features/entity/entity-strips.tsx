import { useLocation } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { refOf, text, type Entity, type StatusItem } from '../../lib/entity.ts'
import { isMissing } from '../../lib/missing.ts'
import { page } from '../../lib/paths.ts'
import { asSentence } from '../../lib/words.ts'
import { LinkButton } from '../../ui/button.tsx'
import type { StatusShape } from '../../ui/status.tsx'
import { Strip } from '../../ui/strip.tsx'
import css from './entity.module.css'

const DeprecatedStrip = lazy(async () => ({ default: (await import('./deprecated-strip.tsx')).DeprecatedStrip }))
const MissingStrip = lazy(async () => ({ default: (await import('./missing-strip.tsx')).MissingStrip }))

/** What is wrong with the entity itself: missing, refused by another source, an invalid file, or on its way out. Its last good data is below. */
export function EntityStrips({ entity }: { entity: Entity }) {
  const onSource = useLocation().pathname.endsWith('/source')
  const items = entity.status?.items ?? []
  const deprecated = text(entity.spec?.['lifecycle'])?.toLowerCase() === 'deprecated'
  if (items.length === 0 && !deprecated) return null
  const ref = refOf(entity)
  return (
    <div className={css['strips']}>
      {items.map((item, i) =>
        isMissing(item) ? (
          <Suspense key={i} fallback={<Strip shape="warn">You see what was last known.</Strip>}>
            <MissingStrip entityRef={ref} item={item} />
          </Suspense>
        ) : (
          <Strip
            key={i}
            shape={shapes[item.level]}
            actions={
              !onSource && (
                <LinkButton size="xs" to={page.entity(ref, 'source')}>
                  See the source
                </LinkButton>
              )
            }
          >
            <b>{lead(item)}</b> {asSentence(item.message)}
          </Strip>
        ),
      )}
      {deprecated && (
        <Suspense
          fallback={
            <Strip shape="warn">
              <b>It is deprecated.</b>
            </Strip>
          }
        >
          <DeprecatedStrip entity={entity} />
        </Suspense>
      )}
    </div>
  )
}

const shapes: Record<StatusItem['level'], StatusShape> = { error: 'bad', warning: 'warn', info: 'stale' }

function lead({ type, level }: StatusItem): string {
  if (type === 'portico.dev/conflict') return 'It is claimed twice.'
  return level === 'error' ? 'Its file has an error. You see the last good version.' : 'Its file needs attention.'
}
