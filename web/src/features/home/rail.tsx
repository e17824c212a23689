import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Braces, FilePlus, Waypoints, type LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'
import { openProblemsQuery } from '../../lib/ingestion.ts'
import { page } from '../../lib/paths.ts'
import { columnFolded } from '../../lib/preference.ts'
import { useRecent } from '../../lib/recent.ts'
import { allowed, useSession } from '../../lib/session.ts'
import { useNewestStars } from '../../lib/stars.ts'
import { useMention } from '../../lib/summaries.ts'
import { count, number } from '../../lib/words.ts'
import { EntityName } from '../../ui/entity-link.tsx'
import { Icon } from '../../ui/icon.tsx'
import { KindGlyph } from '../../ui/kind-glyph.tsx'
import { Monogram } from '../../ui/owner.tsx'
import type { Owned } from '../../lib/owned.ts'
import { teamCountsQuery } from './api.ts'
import { moreMayWait, usersWords, waitingOn } from './need-words.ts'
import css from './home.module.css'

const MOST = 6

interface PartProps {
  title: string
  note?: string
  className?: string | undefined
  children: ReactNode
}

/** A part of the rail; absent where it has nothing. */
export function Part({ title, note, className, children }: PartProps) {
  return (
    <section aria-label={title} className={className}>
      <h2>
        {title} {note && <span className="quiet num">{note}</span>}
      </h2>
      <ul className="hairlines">{children}</ul>
    </section>
  )
}

/** What others ask of the person, or will: things that can wait, each once. */
export function WaitingOnYou({ owned, decides }: { owned: Owned; decides: boolean }) {
  const problems = useQuery({ ...openProblemsQuery, enabled: decides }).data ?? 0
  const waiting = waitingOn(owned.items)
  const least = moreMayWait(owned) ? 'at least ' : ''
  if (waiting.length === 0 && problems === 0) return null
  return (
    <Part title="Waiting on you" note={`${least}${number(waiting.length + (problems > 0 ? 1 : 0))}`}>
      {waiting.slice(0, MOST).map(({ ref, what, users }) => (
        <li key={ref} className={css['note']}>
          <KindGlyph kind={ref.slice(0, ref.indexOf(':'))} />
          <span>
            <span>
              <b>
                <EntityName entityRef={ref} />
              </b>{' '}
              {what === 'deprecated' ? 'is deprecated' : 'has no owner'}
            </span>
            <span className="muted small">{usersWords(users, least !== '')}</span>
          </span>
        </li>
      ))}
      {waiting.length > MOST && (
        <li className={`${css['note'] ?? ''} muted small`}>
          and {least}
          {number(waiting.length - MOST)} more
        </li>
      )}
      {problems > 0 && (
        <li className={css['note']}>
          <KindGlyph kind="location" />
          <span>
            <Link to={page.problems}>
              <b>{count(problems, 'problem')}</b> of the whole catalog
            </Link>
            <span className="muted small">You are among those who may decide.</span>
          </span>
        </li>
      )}
    </Part>
  )
}

export function MyTeams({ teams }: { teams: string[] }) {
  const counts = useQuery(teamCountsQuery(teams)).data
  if (teams.length === 0) return null
  return (
    <Part title={teams.length === 1 ? 'Your team' : 'Your teams'}>
      {teams.slice(0, MOST).map((ref) => (
        <Team key={ref} entityRef={ref} members={counts?.members.get(ref)} owns={counts?.owns.get(ref)} />
      ))}
      {teams.length > MOST && (
        <li className={`${css['note'] ?? ''} muted small`}>and {number(teams.length - MOST)} more</li>
      )}
    </Part>
  )
}

function Team(props: { entityRef: string; members: number | undefined; owns: number | undefined }) {
  const { title } = useMention(props.entityRef)
  const words = [
    count(props.members ?? 0, 'person', 'people'),
    props.owns ? `owns ${number(props.owns)}` : 'owns nothing yet',
  ]
  return (
    <li>
      <Link to={page.entity(props.entityRef)} className={css['to']}>
        <Monogram title={title} />
        <span className="cut">{title}</span>
        <span className="quiet end">
          {props.members === undefined && props.owns === undefined ? '' : words.join(', ')}
        </span>
      </Link>
    </li>
  )
}

/** What the person starred, where the column has no room for it, and what they looked at last. */
export function Kept() {
  const stars = useNewestStars()
  const recent = useRecent()
  const folded = columnFolded.use()
  return (
    <>
      {stars.length > 0 && (
        <Part title="Starred" {...(folded ? {} : { className: css['starred'] })}>
          {stars.slice(0, 7).map((ref) => (
            <Mention key={ref} entityRef={ref} />
          ))}
        </Part>
      )}
      {recent.length > 0 && (
        <Part title="Recent">
          {recent.slice(0, 5).map((ref) => (
            <Mention key={ref} entityRef={ref} />
          ))}
        </Part>
      )}
    </>
  )
}

function Mention({ entityRef }: { entityRef: string }) {
  const { kind, title, summary } = useMention(entityRef)
  const body = (
    <>
      <KindGlyph kind={kind} />
      <span className="cut">{title}</span>
    </>
  )
  return (
    <li>
      {summary === null ? (
        <span className={`${css['to'] ?? ''} quiet`} title={`${entityRef} is not in the catalog any more`}>
          {body}
          <span className="end small">not there any more</span>
        </span>
      ) : (
        <Link to={page.entity(entityRef)} className={css['to']}>
          {body}
        </Link>
      )}
    </li>
  )
}

/** Ways to begin that need nothing to be known. */
export function Start() {
  const register = allowed(useSession(), 'catalog.location.create')
  return (
    <Part title="Start">
      {register && <Way to={page.register} icon={FilePlus} words="Register something that exists" />}
      <Way to={page.graph} icon={Waypoints} words="See the graph" />
      <Way to={page.apis} icon={Braces} words="See the APIs" />
    </Part>
  )
}

function Way({ to, icon, words }: { to: string; icon: LucideIcon; words: string }) {
  return (
    <li>
      <Link to={to} className={css['to']}>
        <span className={css['way']}>
          <Icon of={icon} />
        </span>
        <span>{words}</span>
      </Link>
    </li>
  )
}
