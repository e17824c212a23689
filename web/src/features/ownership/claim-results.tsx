import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { EntityName } from '../../ui/entity-link.tsx'
import { KindGlyph } from '../../ui/kind-glyph.tsx'
import type { Result } from './api.ts'
import { claimedWords, claimsHeadline } from './words.ts'
import css from './ownership.module.css'

/** What came of each of many claims: what failed first. */
export function ClaimResults({ results, onClose }: { results: Result[]; onClose: () => void }) {
  const sorted = [...results].sort((a, b) => Number(b.error !== undefined) - Number(a.error !== undefined))
  return (
    <Dialog title={claimsHeadline(results)} size={560} onClose={onClose}>
      <ul className={`hairlines ${css['results'] ?? ''}`}>
        {sorted.map((result) => {
          const ref = result.ref ?? ''
          return (
            <li key={ref} className={css['result']} data-failed={result.error ? true : undefined}>
              <KindGlyph kind={ref.slice(0, ref.indexOf(':'))} />
              <div className={css['what']}>
                <b>
                  <EntityName entityRef={ref} />
                </b>
                <p className={css['about']}>{claimedWords(result)}</p>
              </div>
            </li>
          )
        })}
      </ul>
      <div className={css['formActs']}>
        <Button onClick={onClose}>Close</Button>
      </div>
    </Dialog>
  )
}
