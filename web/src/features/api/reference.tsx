import { useNavigate } from '@tanstack/react-router'
import { ChevronDown } from 'lucide-react'
import { lazy, Suspense, useMemo, useState } from 'react'
import { useHotkeys } from '../../lib/hotkeys.ts'
import { page } from '../../lib/paths.ts'
import { count } from '../../lib/words.ts'
import { useNarrow, usePhone } from '../../lib/widths.ts'
import { Button } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { FilterField } from '../../ui/filter-field.tsx'
import { Icon } from '../../ui/icon.tsx'
import type { ApiTabSearch } from './api-search.ts'
import { Badge } from './badge.tsx'
import type { Definition } from './definition.ts'
import { BlockView, EntryView, Facts } from './entry-view.tsx'
import { Markdown } from './markdown.tsx'
import type { Opened } from './opened.ts'
import { OutlineContents } from './outline-contents.tsx'
import { OutlineList } from './outline-list.tsx'
import { offers, outlineRows } from './outline-rows.ts'
import type { Outline } from './read/model.ts'
import css from './viewer.module.css'

const OutlineSheet = lazy(async () => ({ default: (await import('./outline-sheet.tsx')).OutlineSheet }))

/** A list that is seen at once needs no filter. */
const FEW = 8

interface Props {
  definition: Definition
  search: ApiTabSearch
  opened: Opened
  outline: Outline
}

/** What a definition offers, and one thing of it: side by side, or the list in a field above where there is no room for both. */
export function Reference({ definition, search, opened, outline }: Props) {
  const narrow = useNarrow()
  const place = { definition, opened }
  return (
    <div className={css['cols']}>
      {narrow ? (
        <ListInField definition={definition} search={search} outline={outline} />
      ) : (
        <div className={css['side']}>
          <List definition={definition} search={search} outline={outline} />
        </div>
      )}
      <div className={css['main']}>
        {search.at !== undefined ? (
          <EntryView place={place} search={search} back="Overview" />
        ) : (
          <>
            {outline.title && <h2 className={css['title']}>{outline.title}</h2>}
            {outline.notes.map((note) => (
              <p key={note} className="muted">
                {note}
              </p>
            ))}
            {outline.about && <Markdown text={outline.about} />}
            {outline.facts.length > 0 && <Facts facts={outline.facts} place={place} />}
            {outline.blocks?.map((block, i) => (
              <BlockView key={i} block={block} place={place} alone />
            ))}
            {outline.about === undefined && outline.facts.length === 0 && (
              <p className="quiet">Choose one of them to see what it asks and answers.</p>
            )}
            <OutlineContents entityRef={definition.ref} outline={outline} beside={!narrow} />
          </>
        )}
      </div>
    </div>
  )
}

interface ListProps {
  definition: Definition
  search: ApiTabSearch
  outline: Outline
  onChosen?: () => void
}

function allOf(outline: Outline): string {
  return `All ${count(offers(outline), ...outline.noun)}`
}

function List({ definition, search, outline, onChosen }: ListProps) {
  const rows = useMemo(() => outlineRows(outline, search.find), [outline, search.find])
  const items = outline.groups.reduce((n, g) => n + g.items.length, 0)
  return (
    <>
      {(items > FEW || search.find) && <Find definition={definition} search={search} />}
      {rows.length > 0 ? (
        <OutlineList
          entityRef={definition.ref}
          rows={rows}
          search={search}
          label={allOf(outline)}
          onChosen={onChosen}
        />
      ) : (
        <NoMatch definition={definition} search={search} empty={outline.groups.length === 0} />
      )}
    </>
  )
}

/** The list in one field, which says what is open. */
function ListInField(props: ListProps) {
  const { search, outline } = props
  const [open, setOpen] = useState(false)
  const phone = usePhone()
  useHotkeys({
    '/': () => {
      setOpen(true)
    },
  })
  const item = outline.groups.flatMap((g) => g.items).find((i) => i.id === search.at)
  const close = () => {
    setOpen(false)
  }
  return (
    <>
      <button
        type="button"
        className={css['field']}
        aria-haspopup="dialog"
        aria-expanded={open}
        onClick={() => {
          setOpen(true)
        }}
      >
        {item?.badge && <Badge tone={item.tone}>{item.badge}</Badge>}
        <span className={`${(item && css['open']) ?? ''} cut`}>{item ? item.label : allOf(outline)}</span>
        <Icon of={ChevronDown} />
      </button>
      {open && (
        <Suspense>
          <OutlineSheet title={allOf(outline)} low={phone} onClose={close}>
            <List {...props} onChosen={close} />
          </OutlineSheet>
        </Suspense>
      )}
    </>
  )
}

function NoMatch({ definition, search, empty }: Pick<ListProps, 'definition' | 'search'> & { empty: boolean }) {
  const navigate = useNavigate()
  if (empty) return <p className={`${css['none'] ?? ''} muted`}>The definition lists nothing yet.</p>
  return (
    <EmptyState
      door="open"
      title={`Nothing matches “${search.find ?? ''}”`}
      actions={
        <Button
          onClick={() =>
            void navigate({
              to: page.entity(definition.ref, 'api'),
              search: { ...search, find: undefined },
              resetScroll: false,
            })
          }
        >
          Clear the filter
        </Button>
      }
    />
  )
}

function Find({ definition, search }: Pick<ListProps, 'definition' | 'search'>) {
  const navigate = useNavigate()
  return (
    <FilterField
      className={css['find']}
      value={search.find}
      label="Filter by path, name or text"
      onChange={(find) =>
        void navigate({
          to: page.entity(definition.ref, 'api'),
          search: { ...search, find },
          replace: true,
          resetScroll: false,
        })
      }
      onDown={(event) => {
        event.preventDefault()
        event.currentTarget.closest('div')?.querySelector<HTMLElement>('nav [tabindex="0"]')?.focus()
      }}
    />
  )
}
