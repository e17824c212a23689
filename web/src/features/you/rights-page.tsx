import { useSuspenseQueries } from '@tanstack/react-query'
import { Check, Lock } from 'lucide-react'
import { either, mayWords, permissions, remedyWords, roleWords, whyQuery } from '../../lib/may.ts'
import type { Explanation } from '../../lib/portico.ts'
import { useSession } from '../../lib/session.ts'
import { listed, number } from '../../lib/words.ts'
import { Icon } from '../../ui/icon.tsx'
import { Section } from '../../ui/section.tsx'
import { Frame } from './frame.tsx'
import { policyName, policiesOf, rightsHeadline } from './words.ts'
import css from './you.module.css'

/** What may I do here, and what says so? */
export function RightsPage() {
  const answers = useSuspenseQueries({ queries: permissions.map((permission) => whyQuery(permission)) })
  const session = useSession()
  const all = answers.map(({ data }) => data)
  const [may, mayNot] = [all.filter((x) => x.allowed), all.filter((x) => !x.allowed)]
  const [first] = all
  const refused = mayNot[0]
  return (
    <Frame title="What you may do" heading={rightsHeadline(all)}>
      {first && (
        <p className={css['lead']}>
          {mayNot.length === 0 && roleWords({ ...first, allowed: true })} Policies decide what a role may do.
        </p>
      )}
      <Policies all={all} />
      {may.length > 0 && (
        <Section title="You may" note={number(may.length)}>
          <ul className={`${css['rows'] ?? ''} hairlines`} aria-label="You may">
            {may.map((x) => (
              <li key={x.permission} className={css['right']}>
                <Icon of={Check} />
                <b>{mayWords(x.permission)}</b>
                <span className="muted">
                  by {listed(x.policies.map(policyName))}
                  {x.permission.startsWith('catalog.entity.') && ' · decided for each entity'}
                </span>
                <Name right={x} />
              </li>
            ))}
          </ul>
        </Section>
      )}
      {refused && (
        <Section title="You may not" note={`${number(mayNot.length)} · ${remedyWords(refused, session)}`}>
          <ul className={`${css['rows'] ?? ''} hairlines`} aria-label="You may not">
            {mayNot.map((x) => (
              <li key={x.permission} className={css['right']}>
                <Icon of={Lock} />
                <b>{mayWords(x.permission)}</b>
                <span className="muted">{refusedWords(x)}</span>
                <Name right={x} />
              </li>
            ))}
          </ul>
        </Section>
      )}
    </Frame>
  )
}

function Name({ right }: { right: Explanation }) {
  return <span className="quiet small mono">{right.permission}</span>
}

/** What each policy says for itself, once. */
function Policies({ all }: { all: Explanation[] }) {
  const said = policiesOf(all)
  if (said.length === 0) return null
  return (
    <dl className={css['policies']}>
      {said.map((policy) => (
        <div key={policy.id}>
          <dt>{policyName(policy)}</dt>
          <dd className="muted">{policy.words}</dd>
        </div>
      ))}
    </dl>
  )
}

function refusedWords(x: Explanation): string {
  const would = x.wouldAllow ?? []
  const forbidding = x.policies.filter(({ effect }) => effect === 'forbid')
  const why = forbidding.length > 0 ? `Forbidden by ${listed(forbidding.map(policyName))}. ` : ''
  if (would.length > 0) return `${why}It takes the role ${either(would)}.`
  return why || 'No policy permits it to any role.'
}
