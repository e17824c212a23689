import { useSession } from '../../lib/session.ts'
import css from './home.module.css'

interface Props {
  first: string
  /** Drawn quieter: what the sentence stands before. */
  rest?: string
  /** The sentence keeps its place until it is known. */
  waiting?: boolean
  greeting?: string | undefined
}

/** The answer of the page, in a sentence. */
export function Head({ first, rest = '', waiting = false, greeting }: Props) {
  const { portal } = useSession()
  return (
    <header className={css['head']}>
      <p className="quiet">{greeting ?? portal.organization ?? portal.title}</p>
      <h1 tabIndex={-1} className={waiting ? css['waiting'] : undefined}>
        {first} {rest && <span className="quiet">{rest}</span>}
      </h1>
    </header>
  )
}
