import { queryOptions } from '@tanstack/react-query'
import { request } from '../../lib/api.ts'
import type { Entity } from '../../lib/entity.ts'
import { keys } from '../../lib/keys.ts'
import { api } from '../../lib/paths.ts'
import type { Problem } from '../../lib/portico.ts'
import { inTurn } from './in-turn.ts'
import { locationOf } from './targets.ts'

/** The permission that registering and looking take. */
export const CREATE = 'catalog.location.create'

export type Would = 'create' | 'update' | 'unchanged' | 'conflict'

export interface Planned {
  ref: string
  kind: string
  title?: string
  description?: string
  type?: string
  owner?: string
  location: string
  file: string
  line: number
  would: Would
  why?: string
  /** The location that keeps it, of a conflict. */
  by?: string
  changed?: string[]
}

export interface Plan {
  entities: Planned[]
  problems: Problem[]
  errors: number
  files: number
}

/** What registering would do. `exists`: it is registered, and would be read again. */
export interface Preview {
  exists: boolean
  location: { type: string; target: string; entityRef: string }
  plan: Plan
}

/** Each looks into a host that may be slow, and into limits that others share. */
const turn = inTurn(4)

export function previewQuery(line: string) {
  return queryOptions({
    queryKey: keys.registration(line),
    queryFn: ({ signal }) =>
      turn(
        () =>
          request<Preview>(`${api.locations}?dryRun=true&plan=true`, {
            method: 'POST',
            body: locationOf(line),
            signal,
          }),
        signal,
      ),
    // Nothing here changes under the reader's eyes: it is read anew when they ask.
    staleTime: Infinity,
    retry: false,
  })
}

export interface Analysis {
  existingEntityFiles: { location: { type: string; target: string }; isRegistered: boolean; entity: Entity }[]
  generateEntities: { entity: Entity; fields: { field: string; state: string; description: string }[] }[]
}

/** What can be seen in a repository that has no descriptor. */
export function analysisQuery(line: string) {
  return queryOptions({
    queryKey: [...keys.registration(line), 'analysis'],
    queryFn: ({ signal }) =>
      turn(
        () => request<Analysis>(api.analyze, { method: 'POST', body: { location: locationOf(line) }, signal }),
        signal,
      ),
    staleTime: Infinity,
    retry: false,
  })
}

/** Registers one; one that is registered is read again. */
export function register(line: string, exists: boolean): Promise<unknown> {
  return turn(() =>
    request(exists ? `${api.locations}?onConflict=refresh` : api.locations, { method: 'POST', body: locationOf(line) }),
  )
}
