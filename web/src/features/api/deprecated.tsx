import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { refOf, relationsOf, titleOf, type Entity } from '../../lib/entity.ts'
import { page } from '../../lib/paths.ts'
import { number } from '../../lib/words.ts'
import { EntityLink } from '../../ui/entity-link.tsx'
import { KindGlyph } from '../../ui/kind-glyph.tsx'
import { Owner } from '../../ui/owner.tsx'
import { Section } from '../../ui/section.tsx'
import { CALLERS } from './apis-api.ts'
import { byNeed, callers, callersSent, UNCALLED, type Deprecations } from './apis-words.ts'
import css from './apis.module.css'

const FIRST = 8

/** What is on its way out, and who has to move before it can go. */
export function Deprecated({ deprecated, deprecatedTotal }: Deprecations) {
  const [all, setAll] = useState(false)
  const sorted = byNeed(deprecated)
  const shown = all || sorted.length <= FIRST + 1 ? sorted : sorted.slice(0, FIRST)
  return (
    <Section title="Deprecated" note={number(deprecatedTotal)}>
      <ul className="hairlines">
        {shown.map((api) => (
          <Row key={refOf(api)} api={api} />
        ))}
        {shown.length < sorted.length && (
          <li>
            <button
              type="button"
              className={`${css['more'] ?? ''} link`}
              onClick={() => {
                setAll(true)
              }}
            >
              Show all {number(sorted.length)}
            </button>
          </li>
        )}
        {(all || shown.length === sorted.length) && sorted.length < deprecatedTotal && (
          <li>
            <Link
              className={`${css['more'] ?? ''} link`}
              to={page.catalog}
              search={{ kind: 'api', lifecycle: ['deprecated'] }}
            >
              All {number(deprecatedTotal)} in the catalog
            </Link>
          </li>
        )}
      </ul>
    </Section>
  )
}

function Row({ api }: { api: Entity }) {
  const ref = refOf(api)
  const all = callers(api)
  // One more would take the room that its own name takes.
  const shown = callersSent(api).slice(0, all > CALLERS ? CALLERS - 1 : CALLERS)
  const about = api.metadata.description
  return (
    <li className={css['old']}>
      <span className={css['what']}>
        <KindGlyph kind="api" />
        <span>
          <Link className="cut" to={page.entity(ref)}>
            <b>{titleOf(api)}</b>
          </Link>
          {about && <span className={css['said']}>{about}</span>}
        </span>
      </span>
      <span className="cut">
        <Owner owner={relationsOf(api, 'ownedBy')[0]} />
      </span>
      {all === 0 ? (
        <span className="quiet">{UNCALLED}</span>
      ) : (
        <span className={css['who']}>
          <span className="quiet">Still called by</span>
          {shown.map((caller) => (
            <EntityLink key={caller} entityRef={caller} size="bare" />
          ))}
          {shown.length < all && (
            <Link className="link" to={page.entity(ref, 'dependencies')}>
              {number(all - shown.length)} more
            </Link>
          )}
        </span>
      )}
    </li>
  )
}
