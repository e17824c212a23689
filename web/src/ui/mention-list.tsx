import { Link } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'
import { page } from '../lib/paths.ts'
import { useMention, type Summary } from '../lib/summaries.ts'
import { number, typeName } from '../lib/words.ts'
import { KindGlyph } from './kind-glyph.tsx'
import { Monogram, Owner } from './owner.tsx'
import css from './mention-list.module.css'

interface Props {
  refs: string[]
  /** How many are shown before "Show all". */
  first?: number
  owner?: boolean
  /** Without it, where the type of all of them goes without saying. */
  type?: boolean
  /** What stands in the column of the type, where the type says less. */
  note?: (ref: string) => string | undefined
  /** What stands in the column of the owner, where that says less. */
  end?: (summary: Summary | null | undefined, ref: string) => ReactNode
}

/** Entities as rows: glyph, name and description, type, owner. */
export function MentionList({ refs, first = 12, owner = true, type = true, note, end }: Props) {
  const [all, setAll] = useState(false)
  const shown = all || refs.length <= first + 1 ? refs : refs.slice(0, first)
  return (
    <ul className="hairlines">
      {shown.map((ref) => (
        <MentionRow key={ref} entityRef={ref} owner={owner} type={type} note={note?.(ref)} end={end} />
      ))}
      {shown.length < refs.length && (
        <li>
          <button
            type="button"
            className={`${css['more'] ?? ''} link`}
            onClick={() => {
              setAll(true)
            }}
          >
            Show all {number(refs.length)}
          </button>
        </li>
      )}
    </ul>
  )
}

interface RowProps {
  entityRef: string
  owner: boolean
  type: boolean
  note: string | undefined
  end: Props['end']
}

function MentionRow({ entityRef, owner, type, note, end }: RowProps) {
  const { title, kind, summary } = useMention(entityRef)
  return (
    <li className={css['row']} data-type={type}>
      {kind === 'user' ? <Monogram title={title} person /> : <KindGlyph kind={kind} />}
      <span className={css['name']}>
        {summary === null ? (
          <span className={`${css['gone'] ?? ''} cut`} title={`${entityRef} is not in the catalog`}>
            {title}
          </span>
        ) : (
          <Link to={page.entity(entityRef)} className="cut">
            <b>{title}</b>
          </Link>
        )}
        <span className={`${css['about'] ?? ''} cut`}>
          {summary === null ? 'named in a file, not in the catalog' : summary?.description}
        </span>
      </span>
      {type && <span className="muted cut">{note ?? typeName(summary?.type)}</span>}
      <span className={`${css['owner'] ?? ''} cut muted`}>
        {end ? end(summary, entityRef) : owner && summary?.owner && <Owner owner={summary.owner} />}
      </span>
    </li>
  )
}
