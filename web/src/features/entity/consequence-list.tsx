import { place } from '../../lib/format.ts'
import { number } from '../../lib/words.ts'
import { EntityLink } from '../../ui/entity-link.tsx'
import { Strip } from '../../ui/strip.tsx'
import type { What } from './unregister-api.ts'
import { losingWords, lossWords, type Consequences } from './unregister-words.ts'
import css from './unregister.module.css'

const SHOWN = 8

/** What goes, who lacks something, and whether it comes back by itself. */
export function ConsequenceList({ consequences, of }: { consequences: Consequences; of: What }) {
  const { ref, goes, going, loses, losing, returns, passes } = consequences
  const others = goes.filter((g) => g.ref !== ref)
  return (
    <>
      {passes && (
        <p>
          <b>It stays in the catalog.</b> <span className="mono small">{place(passes.file)}</span> declares it, too, and
          has it from then on.
        </p>
      )}
      {going > 1 && (
        <section aria-label="What goes with it">
          <h3>{number(going - 1)} more go with it</h3>
          <ul className={css['list']}>
            {others.slice(0, SHOWN).map((entity) => (
              <li key={entity.ref}>
                <EntityLink entityRef={entity.ref} size="bare" />
              </li>
            ))}
          </ul>
          <More n={going - 1 - Math.min(SHOWN, others.length)} />
        </section>
      )}
      {!passes && (
        <section aria-label="Who lacks something">
          <h3>{lossWords(consequences)}</h3>
          {loses.length > 0 && (
            <ul className={css['list']}>
              {loses.slice(0, SHOWN).map((loss) => (
                <li key={`${loss.ref} ${loss.type} ${loss.target}`}>
                  <EntityLink entityRef={loss.ref} size="bare" />
                  <span className="muted cut">{losingWords(loss, ref)}</span>
                </li>
              ))}
            </ul>
          )}
          <More n={losing - Math.min(SHOWN, loses.length)} />
        </section>
      )}
      {returns && of === 'entity' && (
        <Strip shape="warn">
          <b>Its file declares it still.</b> It stays away until{' '}
          <span className="mono small">{place(returns.file)}</span> changes, and comes back then. Take it out of the
          file to be rid of it.
        </Strip>
      )}
      {returns && of === 'location' && (
        <Strip shape="warn">
          <b>It comes back.</b> <span className="mono small">{place(returns.file)}</span>
          {returns.source ? ` of ${returns.source}` : ''} declares it, too, and is read again.
        </Strip>
      )}
    </>
  )
}

function More({ n }: { n: number }) {
  return n > 0 ? <p className="quiet small">and {number(n)} more</p> : null
}
