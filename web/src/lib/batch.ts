/**
 * Gathers single look-ups of one tick into one call. `load` gets distinct keys, at most `max` at a time, and answers in
 * their order. A failed call fails every look-up in it.
 */
export function batched<T>(load: (keys: string[]) => Promise<T[]>, max: number): (key: string) => Promise<T> {
  let waiting = new Map<string, { resolve: (value: T) => void; reject: (cause: unknown) => void }[]>()

  async function flush(): Promise<void> {
    const batch = waiting
    waiting = new Map()
    const all = [...batch.keys()]
    for (let i = 0; i < all.length; i += max) {
      const some = all.slice(i, i + max)
      try {
        const values = await load(some)
        some.forEach((key, n) =>
          batch.get(key)?.forEach((w) => {
            w.resolve(values[n] as T)
          }),
        )
      } catch (cause) {
        some.forEach((key) =>
          batch.get(key)?.forEach((w) => {
            w.reject(cause)
          }),
        )
      }
    }
  }

  return (key) =>
    new Promise<T>((resolve, reject) => {
      if (waiting.size === 0) setTimeout(() => void flush(), 0)
      const had = waiting.get(key)
      if (had) had.push({ resolve, reject })
      else waiting.set(key, [{ resolve, reject }])
    })
}
