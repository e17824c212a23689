import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ChevronRight } from 'lucide-react'
import { useState } from 'react'
import { page } from '../../lib/paths.ts'
import { count } from '../../lib/words.ts'
import { Icon } from '../../ui/icon.tsx'
import { Tag } from '../../ui/tag.tsx'
import { fieldsQuery, type Definition } from './definition.ts'
import { Markdown } from './markdown.tsx'
import type { Opened } from './opened.ts'
import type { Field } from './read/model.ts'
import css from './fields.module.css'

export interface Place {
  definition: Definition
  opened: Opened
}

const FIRST = 60

/** Fields with what they are and what is asked of them. What stands below a field is fetched when somebody opens it. */
export function FieldTree({ fields, place }: { fields: Field[]; place: Place }) {
  const [all, setAll] = useState(false)
  const shown = all || fields.length <= FIRST + 5 ? fields : fields.slice(0, FIRST)
  return (
    <ul className={css['fields']}>
      {shown.map((field, i) => (
        <FieldRow key={`${field.name} ${String(i)}`} field={field} place={place} />
      ))}
      {shown.length < fields.length && (
        <li>
          <button
            type="button"
            className={`${css['more'] ?? ''} link`}
            onClick={() => {
              setAll(true)
            }}
          >
            Show {count(fields.length - shown.length, 'more field')}
          </button>
        </li>
      )}
    </ul>
  )
}

function FieldRow({ field, place }: { field: Field; place: Place }) {
  const [open, setOpen] = useState(false)
  return (
    <li className={css['field']}>
      <div className={css['row']}>
        {field.more ? (
          <button
            type="button"
            className={css['toggle']}
            aria-expanded={open}
            aria-label={`${field.name || 'Fields'}: what is in it`}
            onClick={() => {
              setOpen(!open)
            }}
          >
            <Icon of={ChevronRight} size={14} />
          </button>
        ) : (
          <span className={css['toggle']} aria-hidden="true" />
        )}
        <span className={css['name']}>{field.name}</span>
        {field.type && <Type field={field} place={place} />}
        {field.required && <span className={css['required']}>required</span>}
        {field.deprecated && <Tag tone="warn">deprecated</Tag>}
      </div>
      {(field.about ?? field.notes.length > 0) && (
        <div className={css['about']}>
          {field.about && <Markdown text={field.about} small />}
          {field.notes.length > 0 && (
            <p className={css['notes']}>
              {field.notes.map((note, i) => (
                <span key={i}>{note}</span>
              ))}
            </p>
          )}
        </div>
      )}
      {open && field.more && (
        <div className={css['inner']}>
          {field.fields ? <FieldTree fields={field.fields} place={place} /> : <Below key_={field.more} place={place} />}
        </div>
      )}
    </li>
  )
}

function Type({ field, place }: { field: Field; place: Place }) {
  if (!field.to) return <span className={css['type']}>{field.type}</span>
  return (
    <Link
      className={`${css['type'] ?? ''} link`}
      to={page.entity(place.definition.ref, 'api')}
      search={{ at: field.to }}
      resetScroll={false}
    >
      {field.type}
    </Link>
  )
}

function Below({ key_, place }: { key_: string; place: Place }) {
  const { data, isError } = useQuery(fieldsQuery(place.definition, place.opened, key_))
  if (isError) return <p className="quiet small">This part could not be read.</p>
  if (!data) return <p className="quiet small">Reading</p>
  return data.length === 0 ? (
    <p className="quiet small">Nothing is written below it.</p>
  ) : (
    <FieldTree fields={data} place={place} />
  )
}
