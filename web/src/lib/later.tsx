import { useState, useSyncExternalStore, type ComponentType, type ReactNode } from 'react'

interface Meanwhile {
  /** Drawn in its place until the code is there; nothing when not given. */
  meanwhile?: ReactNode
}

type PropsOf<Component> = Component extends (props: infer Props) => ReactNode ? Props : never
type Later<Props> = ((props: Props & Meanwhile) => ReactNode) & { preload: () => Promise<void> }

/**
 * A part of a page whose code comes by itself: `later(() => import('./map.tsx'), 'CatalogMap')`. It is asked for when it is
 * first drawn, or before by `preload` in a loader. It is drawn as soon as it is here, and at once where it is already:
 * React's own `lazy` shows its fallback first in any case, and lets that stand for 300 ms. Code that does not come is an
 * error where it was to be drawn; drawn anew, it is asked for again.
 */
export function later<Module, Name extends keyof Module>(
  load: () => Promise<Module>,
  name: Name,
): Later<PropsOf<Module[Name]>> {
  let here: ComponentType<object> | undefined
  let failed: unknown
  let coming: Promise<void> | undefined
  const waiting = new Set<() => void>()
  const preload = () =>
    (coming ??= load()
      .then((module) => {
        here = module[name] as ComponentType<object>
      })
      .catch((error: unknown) => {
        failed = error
        coming = undefined
      })
      .finally(() => {
        for (const tell of waiting) tell()
      }))
  const subscribe = (tell: () => void) => {
    waiting.add(tell)
    void preload()
    return () => {
      waiting.delete(tell)
    }
  }
  const state = () => here ?? failed
  function Part({ meanwhile, ...props }: Meanwhile) {
    useState(() => {
      failed = undefined
    })
    useSyncExternalStore(subscribe, state)
    if (failed !== undefined) throw failed as Error
    const Here = here
    return Here ? <Here {...props} /> : meanwhile
  }
  return Object.assign(Part, { preload }) as unknown as Later<PropsOf<Module[Name]>>
}
