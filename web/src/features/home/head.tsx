import { useSession } from '../../lib/session.ts'
import { HeadingBone } from '../../ui/bones.tsx'
import css from './home.module.css'

interface Props {
  first: string
  /** Drawn quieter: what the sentence stands before. */
  rest?: string
  /** The sentence is not known yet: something as high stands in its place. */
  waiting?: boolean
  greeting?: string | undefined
}

/** The answer of the page, in a sentence. */
export function Head({ first, rest = '', waiting = false, greeting }: Props) {
  const { portal } = useSession()
  return (
    <header className={css['head']}>
      <p className="quiet">{greeting ?? portal.organization ?? portal.title}</p>
      {waiting ? (
        <h1 tabIndex={-1}>
          <span className="sr">{first}</span>
          <HeadingBone />
        </h1>
      ) : (
        <h1 tabIndex={-1}>
          {first} {rest && <span className="quiet">{rest}</span>}
        </h1>
      )}
    </header>
  )
}
