import { locationTarget, place } from '../../lib/format.ts'
import { parseRef } from '../../lib/entity.ts'
import { keptWords, unlisted } from '../../lib/ingestion.ts'
import { page } from '../../lib/paths.ts'
import type { Claim, Problems, Source } from '../../lib/portico.ts'
import { asSentence, number } from '../../lib/words.ts'
import { LinkButton } from '../../ui/button.tsx'
import { RefName } from '../../ui/entity-link.tsx'
import { Status, type StatusShape } from '../../ui/status.tsx'
import css from './home.module.css'

interface Item {
  key: string
  shape: StatusShape
  /** An entity, or what to call it. */
  about: { ref: string } | string
  where: string
  words: string
  to: string
  search: Record<string, string>
  action: string
}

const MOST = 4

/** What needs somebody now, worst first; absent when nothing does. */
export function Attention({ sources, problems }: { sources: Source[]; problems: Problems | undefined }) {
  const items = attentionItems(sources, problems)
  if (items.length === 0) return null
  const rest = items.length - MOST + (problems ? unlisted(problems) : 0)
  return (
    <section aria-label="Needs attention" className={css['attention']}>
      <ul className="hairlines">
        {items.slice(0, MOST).map((item) => (
          <li key={item.key} className={css['item']}>
            <Status shape={item.shape} size="large" />
            <div>
              <p>
                <b className={css['title']}>
                  {typeof item.about === 'string' ? item.about : <RefName entityRef={item.about.ref} />}
                </b>{' '}
                <span className="muted">{item.where}</span>
              </p>
              <p className="muted">{item.words}</p>
            </div>
            <LinkButton to={item.to} search={item.search} size="xs">
              {item.action}
            </LinkButton>
          </li>
        ))}
      </ul>
      {rest > 0 && (
        <p className={css['rest']}>
          <LinkButton to={page.problems} variant="subtle" size="xs">
            {number(rest)} more problems
          </LinkButton>
        </p>
      )}
    </section>
  )
}

export function attentionItems(sources: Source[], problems: Problems | undefined): Item[] {
  const held = sources
    .filter((s) => s.held !== null)
    .map((s): Item => ({
      key: s.id,
      shape: 'bad',
      about: s.title,
      where: 'source',
      words: `${number(s.held?.missing ?? 0)} of ${number(s.held?.of ?? 0)} entities would disappear. Nothing was removed.`,
      to: page.sources,
      search: {},
      action: 'Decide',
    }))
  const failed = sources
    .filter((s) => s.state === 'failed')
    .map((s): Item => ({
      key: s.id,
      shape: 'bad',
      about: s.title,
      where: 'source',
      words: `${asSentence(s.message || 'It cannot be read')} ${keptWords(s)}`,
      to: page.sources,
      search: {},
      action: 'See the source',
    }))
  const errors = (problems?.errors ?? [])
    .filter((p) => p.level === 'error' && !failed.some((f) => f.key === p.sourceId))
    .map((p): Item => ({
      key: p.id,
      shape: 'bad',
      about: p.ref ? { ref: p.ref } : place(p.file),
      where: place(p.file, p.line, p.column),
      words: `${asSentence(p.message)} ${asSentence(p.remedy)}`.trim(),
      to: page.problems,
      search: { tab: 'errors', problem: p.id },
      action: 'See the line',
    }))
  const missing = (problems?.missing ?? []).map((m): Item => ({
    key: m.ref,
    shape: 'warn',
    about: { ref: m.ref },
    where: parseRef(m.ref).kind,
    words: `It is missing. ${asSentence(m.reason)} It is still shown, and goes when nobody brings it back.`,
    to: page.problems,
    search: { tab: 'missing', problem: m.ref },
    action: 'See why',
  }))
  const conflicts = (problems?.conflicts ?? []).map((c): Item => ({
    key: `${c.ref} ${c.refused.location}`,
    shape: 'warn',
    about: { ref: c.ref },
    where: parseRef(c.ref).kind,
    words: `${fileOf(c.kept)} and ${fileOf(c.refused)} both declare it. The first one keeps it.`,
    to: page.problems,
    search: { tab: 'conflicts', problem: c.ref },
    action: 'Compare',
  }))
  return [...held, ...failed, ...errors, ...missing, ...conflicts]
}

const fileOf = ({ location, line }: Claim) => place(locationTarget(location), line)
