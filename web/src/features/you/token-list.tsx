import type { ReactNode } from 'react'
import { span } from '../../lib/format.ts'
import { useNow } from '../../lib/now.ts'
import type { Scope, Token } from '../../lib/portico.ts'
import { capital } from '../../lib/words.ts'
import { Fresh } from '../../ui/fresh.tsx'
import { Health } from '../../ui/status.tsx'
import { isLive, lifeWords, scopeWords } from './words.ts'
import css from './you.module.css'

interface Props {
  label: string
  items: Token[]
  scopes: Scope[]
  /** What can be done about one that is in use. */
  actions: (token: Token) => ReactNode
}

/** Tokens: what each may do, how long it lasts, when it was last used. Those in use first. */
export function TokenRows({ label, items, scopes, actions }: Props) {
  const now = useNow()
  const sorted = [...items].sort((a, b) => Number(isLive(b, now)) - Number(isLive(a, now)))
  return (
    <ul className={`${css['rows'] ?? ''} hairlines`} aria-label={label}>
      {sorted.map((token) => {
        const life = lifeWords(token, now)
        const live = isLive(token, now)
        return (
          <li key={token.id} className={`${css['row'] ?? ''} ${css['wide'] ?? ''}`}>
            <div className={css['what']}>
              <b className={live ? undefined : 'quiet'}>{token.name}</b>
              <p className="quiet small">{capital(scopeWords(token.scopes, scopes))}</p>
            </div>
            <div className={css['facts']}>
              <Health shape={life.shape}>{life.words}</Health>
              <span className="quiet small">
                {token.usedAt ? (
                  <>
                    Used <Fresh at={token.usedAt} />
                  </>
                ) : (
                  'Never used'
                )}
                {' · made '}
                <Fresh at={token.createdAt} />
              </span>
              {live && token.previousUntil && new Date(token.previousUntil) > now && (
                <span className="quiet small">
                  The secret of before is taken for {span(new Date(token.previousUntil).getTime() - now.getTime())} more
                  {token.previousUsedAt && (
                    <>
                      {', and was used '}
                      <Fresh at={token.previousUsedAt} />
                    </>
                  )}
                </span>
              )}
            </div>
            <div className={css['acts']}>{live && actions(token)}</div>
          </li>
        )
      })}
    </ul>
  )
}
