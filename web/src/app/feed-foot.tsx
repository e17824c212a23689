import { useSyncExternalStore } from 'react'
import { clock } from '../lib/format.ts'
import type { Feed, FeedState } from '../lib/feed.ts'
import { number } from '../lib/words.ts'
import { Status } from '../ui/status.tsx'
import css from './feed-foot.module.css'

const connecting: FeedState = { status: 'connecting', revision: 0 }
const still = () => () => undefined

/** Whether what is on the page follows the catalog, and up to which revision. */
export function FeedFoot({ feed }: { feed: Feed | undefined }) {
  const state = useSyncExternalStore(feed?.subscribe ?? still, () => feed?.state ?? connecting)
  const revision = state.revision > 0 ? ` · rev ${number(state.revision)}` : ''
  if (state.status === 'lost') {
    return (
      <span className={css['fresh']}>
        <Status shape="stale" label={null} />
        As of {state.lostAt ? clock(new Date(state.lostAt)) : 'earlier'}, trying again
      </span>
    )
  }
  return (
    <span className={`${css['fresh'] ?? ''} num`}>
      <i className={state.status === 'live' ? css['beat'] : css['idle']} />
      {state.status === 'live' ? 'Catalog live' : 'Connecting'}
      {revision}
    </span>
  )
}
