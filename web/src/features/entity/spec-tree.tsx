import type { ReactNode } from 'react'
import { record, type Entity } from '../../lib/entity.ts'
import { sentence } from '../../lib/words.ts'
import { Section } from '../../ui/section.tsx'
import css from './spec-tree.module.css'

/** The spec of any kind as nested facts. */
export function SpecTree({ entity, title }: { entity: Entity; title: string }) {
  const spec = entity.spec ?? {}
  return (
    <Section title={title}>
      {Object.keys(spec).length === 0 ? <p className="muted">Its spec is empty.</p> : <Branch value={spec} />}
    </Section>
  )
}

function Branch({ value }: { value: Record<string, unknown> }) {
  return (
    <dl className={css['tree']}>
      {Object.entries(value).map(([key, inner]) => (
        <div key={key}>
          <dt title={key}>{sentence(key)}</dt>
          <dd>{leaf(inner)}</dd>
        </div>
      ))}
    </dl>
  )
}

function leaf(value: unknown): ReactNode {
  const object = record(value)
  if (object) return Object.keys(object).length === 0 ? <span className="quiet">empty</span> : <Branch value={object} />
  if (Array.isArray(value)) {
    if (value.length === 0) return <span className="quiet">none</span>
    return (
      <ul className={css['list']}>
        {value.map((item, i) => (
          <li key={i}>{leaf(item)}</li>
        ))}
      </ul>
    )
  }
  if (value === null || value === undefined || value === '') return <span className="quiet">not set</span>
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  return String(value)
}
