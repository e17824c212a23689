import { Link } from '@tanstack/react-router'
import type { Owned } from '../../lib/owned.ts'
import { page } from '../../lib/paths.ts'
import { byKind, kindWords, number } from '../../lib/words.ts'
import { Section } from '../../ui/section.tsx'
import { Standings } from '../../ui/standings.tsx'
import { ownNoun } from './need-words.ts'

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
      <Standings items={owned.items.slice(0, MOST)} />
    </Section>
  )
}

function kindLabel(kind: string, n: number): string {
  const words = kindWords(kind)
  return n === 1 ? words.one : words.many
}
