import { Link } from '@tanstack/react-router'
import { Check } from 'lucide-react'
import { parseRef, refOf, text, titleOf } from '../../lib/entity.ts'
import { page } from '../../lib/paths.ts'
import { byKind, kindWords, number } from '../../lib/words.ts'
import { Fresh } from '../../ui/fresh.tsx'
import { Icon } from '../../ui/icon.tsx'
import { KindGlyph } from '../../ui/kind-glyph.tsx'
import { Section } from '../../ui/section.tsx'
import { Health, type StatusShape } from '../../ui/status.tsx'
import { Absent, Lifecycle } from '../../ui/tag.tsx'
import type { Owned, Standing } from './api.ts'
import { ownNoun, stateWords } from './need-words.ts'
import css from './home.module.css'

const MOST = 12

/** What the person and their teams own, the worst first. */
export function OwnServices({ owned, owners }: { owned: Owned; owners: string[] }) {
  if (owned.total === 0) return null
  const kinds = Object.keys(owned.kinds).sort((a, b) => byKind(`${a}:`, `${b}:`))
  const all = owned.total > MOST
  return (
    <Section
      title={ownNoun(owned) === 'services' ? 'Your services' : 'What you own'}
      note={kinds
        .map((kind) => `${number(owned.kinds[kind] ?? 0)} ${kindLabel(kind, owned.kinds[kind] ?? 0)}`)
        .join(', ')}
      end={
        <Link className="link" to={page.catalog} search={{ kind: kinds[0] ?? 'component', owner: owners }}>
          {all ? `All ${number(owned.total)}` : 'In the catalog'}
        </Link>
      }
    >
      <table className={css['own']}>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">State</th>
            <th scope="col">Lifecycle</th>
            <th scope="col">Changed</th>
          </tr>
        </thead>
        <tbody>
          {owned.items.slice(0, MOST).map((standing) => (
            <Row key={refOf(standing.entity)} standing={standing} />
          ))}
        </tbody>
      </table>
    </Section>
  )
}

function kindLabel(kind: string, n: number): string {
  const words = kindWords(kind)
  return n === 1 ? words.one : words.many
}

/** By level. What is in order wears no shape: the disc says that something runs, and of that nothing is known here. */
const shapes: Record<number, StatusShape> = { 1: 'warn', 2: 'warn', 3: 'bad' }

function InOrder({ children }: { children: string }) {
  return (
    <span className={css['inOrder']}>
      <Icon of={Check} size={12} />
      <span className="cut">{children}</span>
    </span>
  )
}

function Row({ standing }: { standing: Standing }) {
  const { entity, level, changedAt } = standing
  const ref = refOf(entity)
  return (
    <tr>
      <td>
        <span className={css['who']}>
          <KindGlyph kind={parseRef(ref).kind} />
          <Link to={page.entity(ref)} className="cut">
            <b>{titleOf(entity)}</b>
          </Link>
        </span>
      </td>
      <td className={level === 0 ? css['calm'] : undefined} title={stateWords(standing)}>
        {level === 0 ? (
          <InOrder>{stateWords(standing)}</InOrder>
        ) : (
          <Health shape={shapes[level] ?? 'warn'}>{stateWords(standing)}</Health>
        )}
      </td>
      <td className="muted">
        <Lifecycle value={text(entity.spec?.['lifecycle'])} />
      </td>
      <td className="muted">{changedAt ? <Fresh at={changedAt} /> : <Absent why="Not known" />}</td>
    </tr>
  )
}
