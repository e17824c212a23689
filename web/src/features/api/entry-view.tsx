import { useQuery, keepPreviousData } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ArrowLeft, ArrowUpRight } from 'lucide-react'
import { Fragment, useEffect, useRef } from 'react'
import { page } from '../../lib/paths.ts'
import { RowBones } from '../../ui/bones.tsx'
import { LinkButton } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Strip } from '../../ui/strip.tsx'
import { Tag } from '../../ui/tag.tsx'
import type { ApiTabSearch } from './api-search.ts'
import { Badge } from './badge.tsx'
import { Code, CopyButton } from './code.tsx'
import { entryQuery } from './definition.ts'
import { FieldTree, type Place } from './field-tree.tsx'
import { Markdown } from './markdown.tsx'
import type { Block, Entry, Fact } from './read/model.ts'
import { TryIt } from './try-it.tsx'
import css from './entry.module.css'

/** What is higher stands under the lintel. */
const LINTEL = 64

interface Props {
  place: Place
  search: ApiTabSearch
  /** What the way back is called. */
  back: string
}

/** One operation, call or type, wholly. */
export function EntryView({ place, search, back }: Props) {
  const { definition, opened } = place
  const id = search.at ?? ''
  const asked = useQuery({ ...entryQuery(definition, opened, id), placeholderData: keepPreviousData })
  const entry = asked.data
  const home = page.entity(definition.ref, 'api')
  return (
    <div className={css['entry']}>
      <Link
        className={`${css['back'] ?? ''} link`}
        to={home}
        search={{ ...search, at: undefined }}
        resetScroll={false}
        activeOptions={{ exact: true }}
      >
        <Icon of={ArrowLeft} size={14} />
        {back}
      </Link>
      {asked.isError && (
        <Strip shape="warn">
          <b>This part could not be read.</b> Its text is in the definition.
        </Strip>
      )}
      {entry === undefined && !asked.isError && <RowBones rows={6} />}
      {entry === null && (
        <EmptyState
          door="open"
          title={`“${id}” is not in this definition`}
          actions={
            <LinkButton to={home} search={{ ...search, at: undefined }}>
              {back}
            </LinkButton>
          }
        >
          <p>It may have been renamed or taken out since the link was made.</p>
        </EmptyState>
      )}
      {entry && <Shown entry={entry} place={place} />}
    </div>
  )
}

function Shown({ entry, place }: { entry: Entry; place: Place }) {
  const head = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    const top = head.current?.getBoundingClientRect().top ?? 0
    // On a phone the list went away with the focus that was in it; beside a list the focus stays there.
    if (document.activeElement === document.body) head.current?.focus({ preventScroll: true })
    if (top < LINTEL || top > window.innerHeight) head.current?.scrollIntoView({ block: 'start' })
  }, [entry.id])
  const name = entry.code ?? entry.title
  return (
    <article aria-labelledby="entry">
      <h2 id="entry" ref={head} tabIndex={-1} className={css['title']}>
        {entry.title}
      </h2>
      <p className={css['signature']}>
        {entry.badge && !name.toUpperCase().startsWith(entry.badge) && <Badge tone={entry.tone}>{entry.badge}</Badge>}
        <code>{name}</code>
        <CopyButton text={name} label="Copy" />
        {entry.deprecated && <Tag tone="warn">deprecated</Tag>}
      </p>
      {entry.instead && <p className={css['instead']}>{entry.instead}</p>}
      {entry.about && <Markdown text={entry.about} />}
      {entry.blocks.map((block, i) => {
        const before = i > 0 ? entry.blocks[i - 1]?.section : undefined
        return (
          <Fragment key={`${entry.id} ${String(i)}`}>
            {block.section && block.section !== before && <h3 className={css['section']}>{block.section}</h3>}
            <BlockView block={block} place={place} />
          </Fragment>
        )
      })}
      {entry.request && <TryIt key={entry.id} entityRef={place.definition.ref} request={entry.request} />}
    </article>
  )
}

interface BlockProps {
  block: Block
  place: Place
  /** Where it stands by itself, below nothing but the title of the page. */
  alone?: boolean
}

export function BlockView({ block, place, alone = false }: BlockProps) {
  // Below a section its blocks are a step down; an outline that leaves a step out is hard to hear.
  const Heading = alone ? 'h2' : block.section ? 'h4' : 'h3'
  switch (block.kind) {
    case 'facts':
      return <Facts facts={block.facts} place={place} />
    case 'links':
      return (
        <section className={css['block']}>
          <Heading className={css['head']}>{block.title}</Heading>
          <ul className={css['links']}>
            {block.links.map((link, i) => (
              <li key={`${link.id} ${String(i)}`}>
                <Link
                  className="link"
                  to={page.entity(place.definition.ref, 'api')}
                  search={{ at: link.id }}
                  resetScroll={false}
                >
                  {link.label}
                </Link>
              </li>
            ))}
          </ul>
        </section>
      )
    case 'code':
      return (
        <section className={css['block']}>
          <Heading className={css['head']}>{block.title}</Heading>
          <Code code={block.code} language={block.language} name={block.title} />
        </section>
      )
    case 'fields':
      return (
        <section className={css['block']}>
          <Heading className={css['head']}>
            <span className={block.tone ? css[block.tone] : undefined}>{block.title}</span>
            {block.note && <span className={css['of']}>{block.note}</span>}
          </Heading>
          {block.about && <Markdown text={block.about} small />}
          {block.fields.length > 0 && (
            <div className={css['fields']}>
              <FieldTree fields={block.fields} place={place} />
            </div>
          )}
        </section>
      )
  }
}

export function Facts({ facts, place }: { facts: Fact[]; place: Place }) {
  return (
    <dl className={css['facts']}>
      {facts.map((fact, i) => (
        <Fragment key={i}>
          <dt>{facts[i - 1]?.term === fact.term ? <span className="sr">{fact.term}</span> : fact.term}</dt>
          <dd className={fact.copy || fact.note ? css['taken'] : undefined}>
            <FactValue fact={fact} place={place} />
            {fact.note && <span className="quiet small">{fact.note}</span>}
            {fact.copy && <CopyButton text={fact.value} label={`Copy ${fact.value}`} />}
          </dd>
        </Fragment>
      ))}
    </dl>
  )
}

function FactValue({ fact, place }: { fact: Fact; place: Place }) {
  const value = fact.code ? <code>{fact.value}</code> : fact.value
  if (fact.to)
    return (
      <Link className="link" to={page.entity(place.definition.ref, 'api')} search={{ at: fact.to }} resetScroll={false}>
        {value}
      </Link>
    )
  if (!fact.href) return value
  return (
    <a className={`${css['out'] ?? ''} link`} href={fact.href} target="_blank" rel="noreferrer noopener">
      {value}
      <Icon of={ArrowUpRight} size={12} />
    </a>
  )
}
