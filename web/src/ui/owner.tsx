import { page } from '../lib/paths.ts'
import { monogram } from '../lib/format.ts'
import { useMention } from '../lib/summaries.ts'
import css from './owner.module.css'
import { QuickLink } from './quick-link.tsx'

interface MonogramProps {
  title: string
  person?: boolean
  absent?: boolean
  /** `portrait` in the header of a page. */
  size?: 'normal' | 'large' | 'portrait'
}

/** Square for a team, circle for a person, dashed for nobody. Beside it stands the name. */
export function Monogram({ title, person = false, absent = false, size = 'normal' }: MonogramProps) {
  const classes = [css['mono'], person && css['person'], absent && css['none'], size !== 'normal' && css[size]]
  return (
    <span className={classes.filter(Boolean).join(' ')} aria-hidden="true">
      {absent ? '?' : monogram(title)}
    </span>
  )
}

interface OwnerProps {
  /** Full ref of the owner; undefined when nobody is named. */
  owner: string | undefined
  link?: boolean
  /** Nobody declared it: dotted, with ≈. */
  inferred?: boolean
  size?: 'normal' | 'large'
}

/** Who looks after something. A ref that points at nothing is said calmly: the name stays, the monogram is dashed. */
export function Owner({ owner, link = true, inferred = false, size = 'normal' }: OwnerProps) {
  if (owner === undefined) {
    return (
      <span className={css['owner']}>
        <Monogram title="" absent size={size} />
        <span className={css['absent']}>No owner</span>
      </span>
    )
  }
  const named = <NamedOwner owner={owner} link={link} size={size} />
  return inferred ? (
    <span className={css['inferred']} title="Inferred; nobody declared or confirmed it">
      {named}
    </span>
  ) : (
    named
  )
}

function NamedOwner({ owner, link, size }: { owner: string; link: boolean; size: 'normal' | 'large' }) {
  const { title, kind, summary } = useMention(owner)
  if (summary === null) {
    return (
      <span className={css['owner']} title={`${owner} is not in the catalog`}>
        <Monogram title={title} absent size={size} />
        <span className={`${css['name'] ?? ''} ${css['absent'] ?? ''}`}>{title}</span>
      </span>
    )
  }
  const body = (
    <>
      <Monogram title={title} person={kind === 'user'} size={size} />
      <span className={css['name']}>{title}</span>
    </>
  )
  return link ? (
    <QuickLink className={css['owner']} to={page.entity(owner)}>
      {body}
    </QuickLink>
  ) : (
    <span className={css['owner']}>{body}</span>
  )
}
