import { lazyRouteComponent } from '@tanstack/react-router'

/**
 * A part of a page whose code comes by itself: `later(() => import('./map.tsx'), 'CatalogMap')`. Drawn at once where the
 * code is here already, which a loader sees to with `preload`; React's own `lazy` shows its fallback first in any case,
 * and lets that stand for 300 ms.
 */
export const later = lazyRouteComponent
