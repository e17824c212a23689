/** Runs what it is given, at most `width` at a time, in the order in which it came. What is aborted before its turn does not run. */
export function inTurn(width: number): <T>(run: () => Promise<T>, signal?: AbortSignal) => Promise<T> {
  const waiting: (() => void)[] = []
  let running = 0
  const next = () => {
    while (running < width && waiting.length > 0) {
      running++
      waiting.shift()?.()
    }
  }
  return (run, signal) =>
    new Promise((resolve, reject) => {
      waiting.push(() => {
        const work = signal?.aborted
          ? Promise.reject(signal.reason instanceof Error ? signal.reason : new DOMException('', 'AbortError'))
          : run()
        work.then(resolve, reject).finally(() => {
          running--
          next()
        })
      })
      next()
    })
}
