import { useQuery, type UseQueryResult } from '@tanstack/react-query'
import { sourcesQuery } from '../../lib/ingestion.ts'
import type { FacetValue } from '../../lib/kinds.ts'
import { page } from '../../lib/paths.ts'
import { allowed, useSession } from '../../lib/session.ts'
import { RowBones } from '../../ui/bones.tsx'
import { LinkButton } from '../../ui/button.tsx'
import { ErrorStrip } from '../../ui/strip.tsx'
import { ownedQuery } from '../../lib/owned.ts'
import { Areas } from './areas.tsx'
import { Around } from './around.tsx'
import { Kinds } from './catalog-home.tsx'
import { OwnershipQuestions } from './chunks.ts'
import { ChangeFeed } from './change-feed.tsx'
import { greetingWords } from './greeting.ts'
import { Head } from './head.tsx'
import { ownedHeadline } from './need-words.ts'
import { OwnAttention } from './own-attention.tsx'
import { OwnServices } from './own-services.tsx'
import { Kept, MyTeams, Start, WaitingOnYou } from './rail.tsx'
import css from './home.module.css'

interface Props {
  me: string
  teams: Pick<UseQueryResult<string[]>, 'data' | 'error' | 'refetch'>
  kinds: FacetValue[]
  total: number
}

/** Home of somebody whom the catalog knows: theirs first. */
export function MyHome({ me, teams: mine, kinds, total }: Props) {
  const session = useSession()
  const teams = mine.data
  const owners = [me, ...(teams ?? [])]
  const owned = useQuery({ ...ownedQuery(owners), enabled: teams !== undefined })
  const decides = allowed(session, 'catalog.ingestion.manage') && allowed(session, 'catalog.ingestion.read')
  const sources = useQuery({ ...sourcesQuery, enabled: decides })
  const held = sources.data?.filter((s) => s.held !== null) ?? []
  const greeting = session.guest ? undefined : greetingWords(new Date(), session.principal?.displayName)
  const { data } = owned
  const kept = data && 'You see what was there last.'
  // Without the teams it is not known whose things to ask for.
  const failed = mine.error ? (
    <ErrorStrip error={mine.error} what="Your teams did not load." kept={kept} onRetry={() => void mine.refetch()} />
  ) : (
    owned.error && (
      <ErrorStrip
        error={owned.error}
        what="What you own did not load."
        kept={kept}
        onRetry={() => void owned.refetch()}
      />
    )
  )
  if (!data)
    return (
      <div className="page">
        <Head first={failed ? 'What you own is not known.' : 'What you own'} waiting={!failed} greeting={greeting} />
        <div className={css['two']}>
          <div className={css['main']}>{failed ?? <RowBones rows={12} />}</div>
          <aside className={css['rail']} aria-label="Yours">
            <Kept />
            <Start />
          </aside>
        </div>
      </div>
    )
  const alone = teams?.length === 0 && data.total === 0
  return (
    <div className="page">
      {alone ? (
        <Head first="You are not in a team yet." greeting={greeting} />
      ) : (
        <Head {...ownedHeadline(data, held.length)} greeting={greeting} />
      )}
      <div className={css['two']}>
        <div className={css['main']}>
          {failed}
          {sources.error && (
            <ErrorStrip
              error={sources.error}
              what="The sources did not load."
              kept={sources.data ? 'You see how they were last.' : 'Whether one waits for your decision is not known.'}
              onRetry={() => void sources.refetch()}
            />
          )}
          {alone ? <NoTeam me={me} /> : <OwnAttention owned={data} owners={owners} held={held} />}
          {!alone && data.total === 0 && <NothingOwned />}
          <OwnServices owned={data} owners={owners} />
        </div>
        <aside className={css['rail']} aria-label="Yours">
          <WaitingOnYou owned={data} decides={decides} />
          <OwnershipQuestions />
          <MyTeams teams={teams ?? []} />
          <Kept />
          <Start />
          {alone && <Kinds kinds={kinds} total={total} />}
        </aside>
        <div className={css['changes']}>
          {data.total > 0 ? (
            <Around owners={owners} />
          ) : (
            <>
              <ChangeFeed />
              <Areas />
            </>
          )}
        </div>
      </div>
    </div>
  )
}

/** How a team gets known, and what there is meanwhile. */
function NoTeam({ me }: { me: string }) {
  return (
    <section aria-label="Your team" className={css['told']}>
      <p>
        The catalog learns of teams from files: <code>spec.memberOf</code> of your User entity, or{' '}
        <code>spec.members</code> of a Group, names <code>{me}</code>. As soon as one does, what your team owns stands
        here.
      </p>
      <p className={css['ways']}>
        <LinkButton to={page.catalog} search={{ kind: 'group' }} size="xs">
          See the teams
        </LinkButton>
        <LinkButton to={page.you} size="xs" variant="subtle">
          What is known of you
        </LinkButton>
      </p>
    </section>
  )
}

function NothingOwned() {
  return (
    <section aria-label="What you own" className={css['told']}>
      <p>
        You own what names you or one of your teams under <code>spec.owner</code>. Register what exists already, or
        claim it in its file.
      </p>
    </section>
  )
}
