/** A part of the page whose code comes later, and whether it is here. */
function chunk<T>(fetch: () => Promise<T>) {
  let here: T | undefined
  let coming: Promise<T> | undefined
  const load = (): Promise<T> =>
    (coming ??= fetch().then(
      (it) => (here = it),
      (error: unknown) => {
        coming = undefined
        throw error
      },
    ))
  return { load, here: () => here }
}

export const facetsChunk = chunk(() => import('./facets.tsx'))
export const mapChunk = chunk(() => import('./map.tsx'))
