import { capital } from '../../lib/words.ts'
import type { Evidence } from './api.ts'
import { hrefOf, placeOf } from './words.ts'
import css from './ownership.module.css'

const SHOWN = 4

/** What speaks for it, with the place of each. */
export function EvidenceList({ evidence, source }: { evidence: Evidence[]; source: string | undefined }) {
  if (evidence.length === 0) return null
  return (
    <ul className={css['evidence']} aria-label="Evidence">
      {evidence.slice(0, SHOWN).map((e, i) => (
        <li key={`${String(i)} ${e.says}`}>
          <span>{capital(e.says)}</span>
          {e.file && <Place evidence={e} source={source} />}
          {e.sure === 'guess' && <span className="quiet">a guess</span>}
        </li>
      ))}
      {evidence.length > SHOWN && <li className="quiet">and {evidence.length - SHOWN} more</li>}
    </ul>
  )
}

function Place({ evidence, source }: { evidence: Evidence; source: string | undefined }) {
  const href = hrefOf(source, evidence)
  const words = <code>{placeOf(evidence)}</code>
  return href ? (
    <a href={href} target="_blank" rel="noreferrer noopener">
      {words}
    </a>
  ) : (
    words
  )
}
