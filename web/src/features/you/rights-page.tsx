import { useSuspenseQueries } from '@tanstack/react-query'
import { Lock } from 'lucide-react'
import { decidedWords, either, mayWords, permissions, roleWords, whyQuery } from '../../lib/may.ts'
import type { Explanation } from '../../lib/portico.ts'
import { Icon } from '../../ui/icon.tsx'
import { Health } from '../../ui/status.tsx'
import { Frame } from './frame.tsx'
import { rightsHeadline } from './words.ts'
import css from './you.module.css'

/** What may I do here, and what says so? */
export function RightsPage() {
  const answers = useSuspenseQueries({ queries: permissions.map((permission) => whyQuery(permission)) })
  const all = answers.map(({ data }) => data)
  const [first] = all
  return (
    <Frame title="What may I do?" heading={rightsHeadline(all)}>
      {first && (
        <p className={css['lead']}>{roleWords({ ...first, allowed: true })} Policies decide what a role may do.</p>
      )}
      <ul className={`${css['rows'] ?? ''} hairlines`} aria-label="What you may do">
        {all.map((x) => (
          <Right key={x.permission} right={x} />
        ))}
      </ul>
    </Frame>
  )
}

function Right({ right }: { right: Explanation }) {
  const would = right.wouldAllow ?? []
  return (
    <li className={`${css['row'] ?? ''} ${css['right'] ?? ''}`}>
      <div className={css['what']}>
        <b>{mayWords(right.permission)}</b>
        <p className="quiet small mono">{right.permission}</p>
      </div>
      {right.allowed ? (
        <Health shape="ok">{right.permission.startsWith('catalog.entity.') ? 'Yes, on some or all' : 'Yes'}</Health>
      ) : (
        <span className={css['no']}>
          <Icon of={Lock} size={14} />
          No
        </span>
      )}
      <p className="muted">
        {decidedWords(right)}
        {!right.allowed && would.length > 0 && ` It takes the role ${either(would)}.`}
      </p>
    </li>
  )
}
