import { ChangeStream, type FeedNews, type Follower } from './change-stream.ts'

/** The name of the lock and of the channel. Tabs of an older build may be open: another shape of the messages, another number. */
const NAME = 'portico-changes-2'

/** How long the tab that holds the stream may take to answer before it counts as asleep, in milliseconds. */
const ASLEEP = 5_000

type Message = FeedNews | { type: 'hello' } | { type: 'connecting' }

/**
 * Follows the changes of the catalog for this tab until the returned function is called.
 *
 * Browsers open six connections to a host over HTTP/1.1, so six tabs with a stream each would stop the portal in all of
 * them. One tab holds the stream and tells the others. Without locks (they need HTTPS or localhost) each tab has its own
 * while it is looked at.
 */
export function followChanges(follower: Follower): () => void {
  const locks = navigator.locks as LockManager | undefined
  return locks && typeof BroadcastChannel !== 'undefined' ? followTogether(follower, locks) : followAlone(follower)
}

function followAlone(follower: Follower): () => void {
  let stream = document.hidden ? undefined : new ChangeStream(follower).open()
  const look = () => {
    if (document.hidden) {
      stream?.close()
      stream = undefined
    } else stream ??= new ChangeStream(follower).resume()
  }
  document.addEventListener('visibilitychange', look)
  return () => {
    document.removeEventListener('visibilitychange', look)
    stream?.close()
  }
}

function followTogether(follower: Follower, locks: LockManager): () => void {
  const channel = new BroadcastChannel(NAME)
  const send = (message: Message) => {
    channel.postMessage(message)
  }
  let leading = false
  let last: FeedNews | undefined
  let turn = new AbortController()
  let patience: number | undefined

  const spread = (news: FeedNews) => {
    if (news.type !== 'setting') last = news
    follower.tell(news)
    send(news)
  }

  /** Waits for its turn, or takes it from a tab that sleeps, and holds the stream until the turn ends. */
  async function lead(steal: boolean): Promise<void> {
    turn.abort()
    const mine = (turn = new AbortController()).signal
    let stream: ChangeStream | undefined
    const hold = () =>
      new Promise<void>((release) => {
        if (mine.aborted) {
          release()
          return
        }
        mine.addEventListener('abort', () => {
          release()
        })
        leading = true
        last = undefined
        window.clearTimeout(patience)
        stream = new ChangeStream({ ...follower, tell: spread }).open()
      })
    // It rejects when the turn was given up and when another tab took it.
    await locks.request(NAME, steal ? { steal } : { signal: mine }, hold).catch(() => undefined)
    stream?.close()
    if (mine.aborted) return
    leading = false
    void lead(false)
  }

  /** Asks the leader where it is; one that does not answer is asleep, and this tab takes its place. */
  const ask = () => {
    if (leading) return
    send({ type: 'hello' })
    window.clearTimeout(patience)
    patience = window.setTimeout(() => void lead(true), ASLEEP)
  }

  channel.addEventListener('message', ({ data }: MessageEvent<Message>) => {
    if (data.type === 'hello') {
      if (leading) send(present(last, follower.revision()))
      return
    }
    window.clearTimeout(patience)
    // What a leader says that lost its turn without knowing yet is not heard by the one that leads now.
    if (!leading && data.type !== 'connecting') follower.tell(data)
  })
  const look = () => {
    if (!document.hidden) ask()
  }
  document.addEventListener('visibilitychange', look)
  void lead(false)
  ask()
  return () => {
    document.removeEventListener('visibilitychange', look)
    window.clearTimeout(patience)
    turn.abort()
    channel.close()
  }
}

/** What a tab that comes later must know. */
function present(last: FeedNews | undefined, revision: number): Message {
  if (!last) return { type: 'connecting' }
  return last.type === 'lost' ? last : { type: 'open', revision, anew: false }
}
