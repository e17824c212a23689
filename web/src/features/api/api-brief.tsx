import { useSuspenseQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { page } from '../../lib/paths.ts'
import { count, number, typeName } from '../../lib/words.ts'
import type { Entity } from '../../lib/entity.ts'
import { Section } from '../../ui/section.tsx'
import { Strip } from '../../ui/strip.tsx'
import { definitionOf, openedQuery, type Definition } from './definition.ts'
import { FirstItems } from './first-items.tsx'
import { NoDefinition } from './no-definition.tsx'
import { offers, outlineWords } from './outline-rows.ts'
import type { Outline } from './read/model.ts'
import css from './brief.module.css'

/** What an API offers, on its overview: the first things by name, and the way to all of them. */
export function ApiBrief({ entity }: { entity: Entity }) {
  const definition = definitionOf(entity)
  if (!definition) {
    return (
      <Section title="Definition">
        <NoDefinition entity={entity} />
      </Section>
    )
  }
  return <Brief definition={definition} />
}

function Brief({ definition }: { definition: Definition }) {
  const { data: opened } = useSuspenseQuery(openedQuery(definition))
  const to = page.entity(definition.ref, 'api')
  const { outline } = opened
  return (
    <Section
      title="Definition"
      note={outline ? outlineWords(outline) : typeName(definition.type)}
      end={
        <Link className="link" to={to}>
          Open
        </Link>
      }
    >
      {outline ? (
        <First outline={outline} to={to} />
      ) : (
        <AsText to={to} text={definition.text} fault={opened.fault?.message} />
      )}
    </Section>
  )
}

function First({ outline, to }: { outline: Outline; to: string }) {
  const groups = outline.groups.filter((g) => !g.minor)
  const items = (groups.length > 0 ? groups : outline.groups).flatMap((g) => g.items)
  if (items.length === 0) return <p className="muted">The definition lists nothing yet.</p>
  return (
    <FirstItems
      items={items}
      to={to}
      more={
        <Link className={`${css['all'] ?? ''} link`} to={to}>
          All {count(groups.length > 0 ? offers(outline) : items.length, ...outline.noun)}
        </Link>
      }
    />
  )
}

function AsText({ to, text, fault }: { to: string; text: string; fault: string | undefined }) {
  const lines = text.split('\n').length
  return (
    <div className={css['text']}>
      {fault && (
        <Strip shape="warn">
          <b>The definition shows as text.</b> Portico could not take it apart: {fault.replace(/\.$/, '')}.
        </Strip>
      )}
      <p className="muted">
        {number(lines)} {lines === 1 ? 'line' : 'lines'} of text.{' '}
        <Link className="link" to={to}>
          Read them
        </Link>
      </p>
    </div>
  )
}
