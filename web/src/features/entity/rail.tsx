import { useQuery } from '@tanstack/react-query'
import { ArrowUpRight } from 'lucide-react'
import { Fragment, type ReactNode } from 'react'
import { record, refOf, relationCount, relationsOf, strings, text, type Entity } from '../../lib/entity.ts'
import { place } from '../../lib/format.ts'
import { page } from '../../lib/paths.ts'
import { httpUrl } from '../../lib/url.ts'
import { count, typeName } from '../../lib/words.ts'
import { EntityName } from '../../ui/entity-link.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Owner } from '../../ui/owner.tsx'
import { Tag } from '../../ui/tag.tsx'
import { Link } from '@tanstack/react-router'
import { sourceQuery } from '../../lib/source.ts'
import { entityQuery } from './api.ts'
import { Proposed } from './chunks.ts'
import { fact, ownable } from './entity-header.tsx'
import { isInferred } from './ways-out.ts'
import css from './entity.module.css'

export function Rail({ entity }: { entity: Entity }) {
  return (
    <aside className={css['rail']} aria-label="Facts">
      {ownable(entity) && <OwnerBox entity={entity} owner={relationsOf(entity, 'ownedBy')[0]} />}
      <Links entity={entity} />
      <section aria-label="Facts">
        <h2>Facts</h2>
        <dl className={css['facts']}>
          {facts(entity).map(([term, value]) => (
            <Pair key={term} term={term}>
              {value}
            </Pair>
          ))}
          <DeclaredIn entity={entity} />
          <Proposed entity={entity} />
        </dl>
      </section>
    </aside>
  )
}

function Pair({ term, children }: { term: string; children: ReactNode }) {
  return (
    <>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </>
  )
}

function OwnerBox({ entity, owner }: { entity: Entity; owner: string | undefined }) {
  const team = useQuery({ ...entityQuery(owner ?? ''), enabled: owner !== undefined })
  const people = team.data ? relationCount(team.data, 'hasMember') : 0
  const email = text(record(team.data?.spec?.['profile'])?.['email'])
  return (
    <section aria-label="Owner">
      <h2>Owner {people > 0 && <span className="quiet">{count(people, 'person', 'people')}</span>}</h2>
      {fact(entity, 'spec.owner', <Owner owner={owner} size="large" />)}
      {owner === undefined && (
        <p className={`${css['under'] ?? ''} quiet small`}>
          Press <kbd>e</kbd> to set one, or add <span className="mono">spec.owner</span> to its file.
        </p>
      )}
      {team.data === null && <p className={`${css['under'] ?? ''} quiet small`}>This owner is not in the catalog.</p>}
      {email && (
        <p className={`${css['under'] ?? ''} small`}>
          <a className="link" href={`mailto:${email}`}>
            {email}
          </a>
        </p>
      )}
    </section>
  )
}

function Links({ entity }: { entity: Entity }) {
  const links = (entity.metadata.links ?? []).filter((l) => httpUrl(l.url))
  if (links.length === 0) return null
  return (
    <section aria-label="Links">
      <h2>Links</h2>
      <ul className={css['links']}>
        {links.map((link) => (
          <li key={link.url}>
            {fact(entity, `metadata.links[${link.url}]`, <OutLink href={link.url}>{link.title ?? link.url}</OutLink>)}
          </li>
        ))}
      </ul>
    </section>
  )
}

function facts(entity: Entity): [string, ReactNode][] {
  const spec = entity.spec ?? {}
  const annotations = entity.metadata.annotations ?? {}
  const out: [string, ReactNode][] = []
  const slug = annotations['github.com/project-slug'] ?? annotations['gitlab.com/project-slug']
  const repository = httpUrl(annotations['backstage.io/source-location']?.replace(/^url:/, ''))
  if (slug || repository) {
    const words = slug ?? repository?.replace(/^https?:\/\//, '')
    out.push(['Repository', repository ? <OutLink href={repository}>{words}</OutLink> : words])
  }
  if (text(spec['type'])) out.push(['Type', fact(entity, 'spec.type', typeName(text(spec['type'])))])
  for (const domain of relationsOf(entity, 'partOf'))
    out.push(['Part of', <EntityName key={domain} entityRef={domain} />])
  for (const parent of relationsOf(entity, 'childOf'))
    out.push(['Under', <EntityName key={parent} entityRef={parent} />])
  const email = text(record(spec['profile'])?.['email'])
  if (email)
    out.push([
      'E-mail',
      <a key="email" className="link" href={`mailto:${email}`}>
        {email}
      </a>,
    ])
  const targets = [...strings(spec['target']), ...strings(spec['targets'])]
  if (targets.length > 0) out.push(['Targets', String(targets.length)])
  out.push(['Namespace', entity.metadata.namespace ?? 'default'])
  out.push([
    'Ref',
    <span key="ref" className="mono small">
      {refOf(entity)}
    </span>,
  ])
  const tags = entity.metadata.tags ?? []
  if (tags.length > 0) {
    const kind = entity.kind.toLowerCase()
    out.push([
      'Tags',
      <span key="tags" className={css['tags']}>
        {tags.map((tag) => (
          <Fragment key={tag}>
            {fact(
              entity,
              `metadata.tags[${tag}]`,
              <Link to={page.catalog} search={{ kind, tag: [tag] }}>
                <Tag>{tag}</Tag>
              </Link>,
            )}
          </Fragment>
        ))}
      </span>,
    ])
  }
  return out
}

function OutLink({ href, children }: { href: string; children: ReactNode }) {
  return (
    <a className={css['out']} href={href} target="_blank" rel="noreferrer noopener">
      <span className="cut">{children}</span>
      <Icon of={ArrowUpRight} size={12} />
    </a>
  )
}

/** What the name of a file says that nobody wrote. */
const SEEN = / \(seen, not declared\)$/

function DeclaredIn({ entity }: { entity: Entity }) {
  const { data } = useQuery(sourceQuery(refOf(entity)))
  if (!data) return null
  return (
    <Pair term={isInferred(entity) ? 'Seen in' : 'Declared in'}>
      <Link className="mono small" to={page.entity(refOf(entity), 'source')} title={data.file}>
        {isInferred(entity) ? data.file.replace(SEEN, '') : place(data.file, data.line)}
      </Link>
    </Pair>
  )
}
