import { page } from '../lib/paths.ts'
import { useMention, useName } from '../lib/summaries.ts'
import { KindGlyph } from './kind-glyph.tsx'
import { QuickLink } from './quick-link.tsx'
import css from './entity-link.module.css'

/** The title of an entity, leading to it. What is not in the catalog is named, dashed, and leads nowhere. */
export function EntityName({ entityRef }: { entityRef: string }) {
  const { title, summary } = useMention(entityRef)
  if (summary === null) {
    return (
      <span className={`${css['name'] ?? ''} ${css['gone'] ?? ''}`} title={`${entityRef} is not in the catalog`}>
        {title}
      </span>
    )
  }
  return (
    <QuickLink to={page.entity(entityRef)} className={css['name']}>
      {title}
    </QuickLink>
  )
}

/** The same with the glyph of its kind. */
export function EntityLink({ entityRef, size = 'normal' }: { entityRef: string; size?: 'normal' | 'bare' }) {
  const { title, kind, summary } = useMention(entityRef)
  const body = (
    <>
      <KindGlyph kind={kind} size={size} />
      <span className={`${css['name'] ?? ''} ${summary === null ? (css['gone'] ?? '') : ''}`}>{title}</span>
    </>
  )
  if (summary === null) {
    return (
      <span className={css['link']} title={`${entityRef} is not in the catalog`}>
        {body}
      </span>
    )
  }
  return (
    <QuickLink to={page.entity(entityRef)} className={css['link']}>
      {body}
    </QuickLink>
  )
}

/** Its name as text, for those who look for it in a file. */
export function RefName({ entityRef }: { entityRef: string }) {
  return <>{useName(entityRef)}</>
}
