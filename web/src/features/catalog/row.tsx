import { memo } from 'react'
import { refOf, text, titleOf, type Entity, type StatusItem } from '../../lib/entity.ts'
import { absentWords, statusOf, statusWords } from '../../lib/missing.ts'
import { useNow } from '../../lib/now.ts'
import { page } from '../../lib/paths.ts'
import { useStars } from '../../lib/stars.ts'
import { typeName } from '../../lib/words.ts'
import { KindGlyph } from '../../ui/kind-glyph.tsx'
import { QuickLink } from '../../ui/quick-link.tsx'
import { Status } from '../../ui/status.tsx'
import type { Column } from './columns.tsx'
import css from './table.module.css'

interface RowProps {
  index: number
  /** undefined while its page is on its way. */
  entity: Entity | undefined
  columns: Column[]
  phone: boolean
  /** The one row that Tab stops at. */
  stop: boolean
  selected: boolean
  onActive: (index: number) => void
  onSelect: (index: number, range: boolean) => void
}

/** A row draws again only for what is its own: hundreds of them stay as they are while the list moves. */
export const Row = memo(function Row({ index, entity, columns, phone, stop, selected, onActive, onSelect }: RowProps) {
  if (!entity) return <BoneRow index={index} columns={columns} phone={phone} />
  const ref = refOf(entity)
  const title = titleOf(entity)
  return (
    <tr
      role="row"
      aria-rowindex={index + 2}
      aria-selected={selected}
      data-index={index}
      onFocus={() => {
        onActive(index)
      }}
    >
      <td role="gridcell" className={css['name']}>
        <div className={css['ent']}>
          <span className={css['mark']}>
            <KindGlyph kind={entity.kind} />
            {!phone && (
              <input
                type="checkbox"
                className={css['pick']}
                checked={selected}
                tabIndex={-1}
                aria-label={`Select ${title}`}
                onChange={() => undefined}
                onClick={(event) => {
                  onSelect(index, event.shiftKey)
                }}
              />
            )}
          </span>
          <QuickLink to={page.entity(ref)} data-row tabIndex={stop ? 0 : -1} className="cut">
            <b>{title}</b>
          </QuickLink>
          <RowStatus entity={entity} />
          <Starred of={ref} />
          {!phone && <span className={`${css['about'] ?? ''} cut`}>{entity.metadata.description}</span>}
        </div>
      </td>
      {phone && (
        <td role="gridcell" className={`${css['under'] ?? ''} cut`}>
          <Under entity={entity} />
        </td>
      )}
      {columns.map((column) => (
        <td key={column.id} role="gridcell" className={css[column.id] ?? css['field']}>
          {column.cell(entity)}
        </td>
      ))}
    </tr>
  )
})

/** The row that will stand here, in its geometry. */
function BoneRow({ index, columns, phone }: Pick<RowProps, 'index' | 'columns' | 'phone'>) {
  return (
    <tr role="row" aria-rowindex={index + 2} data-index={index} tabIndex={-1} aria-busy="true" aria-label="Loading">
      <td role="gridcell" className={css['name']}>
        <div className={css['ent']}>
          <span className={css['tile']} />
          <span className={css['bone']} />
        </div>
      </td>
      {!phone &&
        columns.map((column) => (
          <td key={column.id} role="gridcell" className={css[column.id] ?? css['field']}>
            <span className={css['bone']} />
          </td>
        ))}
    </tr>
  )
}

function Starred({ of: ref }: { of: string }) {
  if (!useStars().has(ref)) return null
  return (
    <svg viewBox="0 0 16 16" width="12" height="12" className={css['star']} role="img" aria-label="Starred">
      <path
        d="m8 1.75 1.9 3.95 4.35.6-3.15 3.05.75 4.3L8 11.6l-3.85 2.05.75-4.3L1.75 6.3l4.35-.6Z"
        fill="currentColor"
      />
    </svg>
  )
}

/** An entity that needs somebody says so in its row. */
function RowStatus({ entity }: { entity: Entity }) {
  const item = statusOf(entity)
  if (item) return <StatusMark item={item} />
  const absent = entity.portico?.absent
  return absent ? <Mark shape="warn" words={absentWords(absent)} /> : null
}

function Mark({ shape, words }: { shape: 'bad' | 'warn'; words: string }) {
  return (
    <span title={words}>
      <Status shape={shape} label={words} />
    </span>
  )
}

/** Apart, so that only rows with a status follow the clock. */
function StatusMark({ item }: { item: StatusItem }) {
  return <Mark shape={item.level === 'error' ? 'bad' : 'warn'} words={statusWords(item, useNow())} />
}

/** The second line of a phone, where no mark can be pointed at: what it is marked for, else what sort of thing it is. */
function Under({ entity }: { entity: Entity }) {
  const item = statusOf(entity)
  if (item) return <StatusWords item={item} />
  const absent = entity.portico?.absent
  const sort = [typeName(text(entity.spec?.['type'])), text(entity.spec?.['lifecycle'])]
  return <>{absent ? absentWords(absent) : sort.filter(Boolean).join(' · ')}</>
}

function StatusWords({ item }: { item: StatusItem }) {
  return <>{statusWords(item, useNow())}</>
}
