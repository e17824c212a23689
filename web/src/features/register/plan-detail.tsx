import { useState } from 'react'
import { place } from '../../lib/format.ts'
import { capital, count, kindWords, number } from '../../lib/words.ts'
import { Button } from '../../ui/button.tsx'
import { EntityLink } from '../../ui/entity-link.tsx'
import { Fault } from '../../ui/fault.tsx'
import { KindGlyph } from '../../ui/kind-glyph.tsx'
import { Status } from '../../ui/status.tsx'
import type { Planned, Preview } from './api.ts'
import { wouldShapes, wouldWords } from './plan-words.ts'
import css from './register.module.css'

const SOME = 50

/** The entities that a location declares, and what is wrong with its files. */
export function PlanDetail({ preview, line, registered }: { preview: Preview; line: string; registered: boolean }) {
  const [all, setAll] = useState(false)
  const { entities, problems, errors, files } = preview.plan
  const shown = all ? entities : entities.slice(0, SOME)
  const single = files <= 1
  return (
    <>
      {registered && (
        <p className={css['where']}>
          Its files are read as <EntityLink entityRef={preview.location.entityRef} size="bare" />. What it declares
          becomes a link here as it comes into the catalog.
        </p>
      )}
      {problems.length > 0 && (
        <div className={css['problems']}>
          {problems.map((problem) => (
            <Fault key={problem.id} problem={problem} />
          ))}
          {errors > problems.length && (
            <p className="quiet small">The first {number(problems.length)} are shown. Mend these, then look again.</p>
          )}
        </div>
      )}
      {entities.length > 0 ? (
        <ul className={css['entities']} aria-label={`Entities of ${line}`}>
          {shown.map((entity, i) => (
            <Row key={`${entity.ref} ${String(i)}`} entity={entity} single={single} registered={registered} />
          ))}
        </ul>
      ) : (
        problems.length === 0 && (
          <p className="muted">
            It was read, and declares nothing. A descriptor has <span className="mono">apiVersion</span>,{' '}
            <span className="mono">kind</span> and <span className="mono">metadata.name</span>.
          </p>
        )
      )}
      {shown.length < entities.length && (
        <p>
          <Button
            size="xs"
            onClick={() => {
              setAll(true)
            }}
          >
            Show all {count(entities.length, 'entity')}
          </Button>
        </p>
      )}
    </>
  )
}

function Row({ entity, single, registered }: { entity: Planned; single: boolean; registered: boolean }) {
  const { ref, kind, title, description, type, owner, would, file, line } = entity
  const name = title ?? ref.slice(ref.indexOf('/') + 1)
  const facts = [type ?? capital(kindWords(kind).one), owner && `owner ${owner}`].filter(Boolean).join(' · ')
  return (
    <li>
      <span className={css['entity']}>
        {would === 'create' && !registered ? (
          <>
            <KindGlyph kind={kind} />
            <b className="cut" title={ref}>
              {name}
            </b>
          </>
        ) : (
          <EntityLink entityRef={ref} />
        )}
        <span className="cut quiet" title={description}>
          {description ?? facts}
        </span>
      </span>
      <span className={css['would']}>
        <Status shape={wouldShapes[would]} label={null} />
        <span>{wouldWords(entity)}</span>
      </span>
      <span className={`${css['at'] ?? ''} mono small quiet`} title={file}>
        {single ? `line ${String(line)}` : place(file, line)}
      </span>
    </li>
  )
}
