import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { Download } from 'lucide-react'
import { useMemo } from 'react'
import { page } from '../../lib/paths.ts'
import { count, number } from '../../lib/words.ts'
import { RowBones } from '../../ui/bones.tsx'
import { Button } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { FilterField } from '../../ui/filter-field.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Strip } from '../../ui/strip.tsx'
import type { ApiTabSearch } from './api-search.ts'
import { openedQuery, type Definition } from './definition.ts'
import { BlockView, EntryView, Facts } from './entry-view.tsx'
import type { Place } from './field-tree.tsx'
import { Markdown } from './markdown.tsx'
import type { Opened } from './opened.ts'
import { OutlineList } from './outline-list.tsx'
import { offers, outlineRows } from './outline-rows.ts'
import type { Fault, Language, Outline } from './read/model.ts'
import { TextView } from './text-view.tsx'
import css from './viewer.module.css'

interface Props {
  definition: Definition
  search: ApiTabSearch
}

/** A definition of whatever sort: what it offers on the left, one thing of it on the right, its text one step away. */
export function ApiViewer({ definition, search }: Props) {
  const { data: opened } = useQuery(openedQuery(definition))
  if (!opened) return <Bones />
  const { outline, fault, language } = opened
  const asText = outline === undefined || search.view === 'text'
  return (
    <div className={css['viewer']}>
      <Bar definition={definition} search={search} outline={outline} language={language} />
      {fault && <FaultStrip fault={fault} />}
      {asText ? (
        <TextView key={definition.etag} text={definition.text} language={language} name="definition" fault={fault} />
      ) : (
        <Reference definition={definition} search={search} opened={opened} outline={outline} />
      )}
    </div>
  )
}

function Bones() {
  return (
    <div className={css['viewer']}>
      <div className={css['bar']} />
      <div className={css['cols']}>
        <RowBones rows={10} />
        <RowBones rows={6} />
      </div>
    </div>
  )
}

function FaultStrip({ fault }: { fault: Fault }) {
  return (
    <Strip shape="warn">
      <b>This definition shows as text.</b> Portico could not take it apart: {fault.message}
      {fault.line !== undefined && `, in line ${number(fault.line)}`}.
    </Strip>
  )
}

interface BarProps extends Props {
  outline: Outline | undefined
  language: Language
}

function Bar({ definition, search, outline, language }: BarProps) {
  const to = page.entity(definition.ref, 'api')
  return (
    <div className={css['bar']}>
      <p className={css['what']}>{outline ? outlineWords(outline) : definition.type || 'Definition'}</p>
      {outline && (
        <nav className={css['views']} aria-label="How the definition is shown">
          <Link to={to} search={{ ...search, view: undefined }} resetScroll={false} activeOptions={{ exact: true }}>
            Reference
          </Link>
          <Link to={to} search={{ ...search, view: 'text' }} resetScroll={false} activeOptions={{ exact: true }}>
            Text
          </Link>
        </nav>
      )}
      <Button
        leftSection={<Icon of={Download} size={14} />}
        onClick={() => {
          save(definition, language)
        }}
      >
        Download
      </Button>
    </div>
  )
}

/** "OpenAPI 3.1.0 · version 2 · 42 operations" */
export function outlineWords(outline: Outline): string {
  const version = outline.version?.replace(/^(?!v(ersion)?\b)/i, 'version ')
  return [outline.format, version, count(offers(outline), ...outline.noun)].filter(Boolean).join(' · ')
}

const endings: Record<Language, string> = {
  yaml: 'yaml',
  json: 'json',
  graphql: 'graphql',
  proto: 'proto',
  ts: 'ts',
  xml: 'xml',
  shell: 'sh',
  plain: 'txt',
}

function save({ text, file }: Definition, language: Language): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }))
  const link = document.createElement('a')
  link.href = url
  link.download = `${file}.${endings[language]}`
  link.click()
  setTimeout(() => {
    URL.revokeObjectURL(url)
  }, 10_000)
}

interface ReferenceProps extends Props {
  opened: Opened
  outline: Outline
}

function Reference({ definition, search, opened, outline }: ReferenceProps) {
  const rows = useMemo(() => outlineRows(outline, search.find), [outline, search.find])
  const place = { definition, opened }
  const all = `All ${count(offers(outline), ...outline.noun)}`
  return (
    <div className={css['cols']} data-entry={search.at !== undefined || undefined}>
      <div className={css['side']}>
        <Find definition={definition} search={search} />
        {rows.length > 0 ? (
          <OutlineList entityRef={definition.ref} rows={rows} search={search} label={all} />
        ) : (
          <NoMatch definition={definition} search={search} empty={outline.groups.length === 0} />
        )}
      </div>
      <div className={css['main']}>
        {search.at !== undefined ? (
          <EntryView place={place} search={search} back={all} />
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
              <BlockView key={i} block={block} place={place} />
            ))}
            {outline.about === undefined && outline.facts.length === 0 && <Groups outline={outline} place={place} />}
          </>
        )}
      </div>
    </div>
  )
}

/** Where a definition says nothing of itself: how much there is of what. */
function Groups({ outline, place }: { outline: Outline; place: Place }) {
  const facts = outline.groups.slice(0, 20).map(({ name, items }) => ({ term: name, value: number(items.length) }))
  return (
    <>
      {facts.length > 1 && <Facts facts={facts} place={place} />}
      <p className={`${css['choose'] ?? ''} quiet`}>Choose one of them to see what it asks and answers.</p>
    </>
  )
}

function NoMatch({ definition, search, empty }: Props & { empty: boolean }) {
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

function Find({ definition, search }: Props) {
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
