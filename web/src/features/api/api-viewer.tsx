import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { Download, WrapText } from 'lucide-react'
import type { ReactNode } from 'react'
import { page } from '../../lib/paths.ts'
import { number, typeName } from '../../lib/words.ts'
import { usePhone } from '../../lib/widths.ts'
import { RowBones } from '../../ui/bones.tsx'
import { Button } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Strip } from '../../ui/strip.tsx'
import type { ApiTabSearch } from './api-search.ts'
import { CopyButton } from './code.tsx'
import { openedQuery, type Definition } from './definition.ts'
import { outlineWords } from './outline-rows.ts'
import type { Fault, Language, Outline } from './read/model.ts'
import { Reference } from './reference.tsx'
import { TextView } from './text-view.tsx'
import css from './viewer.module.css'

interface Props {
  definition: Definition
  search: ApiTabSearch
}

/** A definition of whatever sort: what it offers on the left, one thing of it on the right, its text one step away. */
export function ApiViewer({ definition, search }: Props) {
  const { data: opened } = useQuery(openedQuery(definition))
  const phone = usePhone()
  if (!opened) return <Bones />
  const { outline, fault, language } = opened
  const asText = outline === undefined || search.view === 'text'
  // A phone has no room to the right; elsewhere lines stay as they were written until somebody asks.
  const wrap = search.wrap ? search.wrap === 'yes' : phone
  return (
    <div className={css['viewer']}>
      <Bar definition={definition} search={search} outline={outline} language={language}>
        {asText && <TextTools definition={definition} search={search} wrap={wrap} />}
      </Bar>
      {fault && <FaultStrip fault={fault} />}
      {asText ? (
        <TextView
          key={definition.etag}
          text={definition.text}
          language={language}
          name="definition"
          wrap={wrap}
          fault={fault}
        />
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
        <div className={css['bone']} />
        <div className={css['rows']}>
          <RowBones rows={10} />
        </div>
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
  children: ReactNode
}

function Bar({ definition, search, outline, language, children }: BarProps) {
  const to = page.entity(definition.ref, 'api')
  return (
    <div className={css['bar']}>
      <p className={css['what']}>{outline ? outlineWords(outline) : typeName(definition.type) || 'Definition'}</p>
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
      {children}
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

/** What one does with the text: have long lines go on below, take it along. */
function TextTools({ definition, search, wrap }: Props & { wrap: boolean }) {
  const navigate = useNavigate()
  return (
    <>
      <span className={css['wrap']}>
        <Button
          aria-pressed={wrap}
          leftSection={<Icon of={WrapText} size={14} />}
          onClick={() =>
            void navigate({
              to: page.entity(definition.ref, 'api'),
              search: { ...search, wrap: wrap ? 'no' : 'yes' },
              replace: true,
              resetScroll: false,
            })
          }
        >
          Wrap
        </Button>
      </span>
      <CopyButton text={definition.text} label="Copy the definition" />
    </>
  )
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
