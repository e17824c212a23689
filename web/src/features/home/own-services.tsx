import { Link } from '@tanstack/react-router'
import type { Owned } from '../../lib/owned.ts'
import { page } from '../../lib/paths.ts'
import { number } from '../../lib/words.ts'
import { Section } from '../../ui/section.tsx'
import { Standings } from '../../ui/standings.tsx'
import { kindCount, KindLinks } from './kind-links.tsx'
import { ownNoun } from './need-words.ts'
import css from './home.module.css'

const MOST = 12

/** What the person and their teams own, the worst first. The catalog has all of it, and shows one kind at a time. */
export function OwnServices({ owned, owners }: { owned: Owned; owners: string[] }) {
  if (owned.total === 0) return null
  const kinds = Object.keys(owned.kinds)
  const [only] = kinds
  const left = owned.total - MOST
  return (
    <Section
      title={ownNoun(owned) === 'services' ? 'Your services' : 'What you own'}
      note={kinds.length === 1 && only ? kindCount(only, owned.total) : number(owned.total)}
      end={
        kinds.length === 1 && (
          <Link className="link" to={page.catalog} search={{ kind: only, owner: owners }}>
            {left > 0 ? `All ${number(owned.total)}` : 'In the catalog'}
          </Link>
        )
      }
    >
      <Standings items={owned.items.slice(0, MOST)} />
      {kinds.length > 1 && (
        <p className={`${css['onward'] ?? ''} muted`}>
          {left > 0 && `And ${number(left)} more. `}In the catalog:{' '}
          <KindLinks kinds={owned.kinds} search={{ owner: owners }} />.
        </p>
      )}
    </Section>
  )
}
