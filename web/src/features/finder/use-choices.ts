import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useDeferredValue, useMemo } from 'react'
import { parseRef } from '../../lib/entity.ts'
import { keys } from '../../lib/keys.ts'
import { useMyTeams } from '../../lib/my-teams.ts'
import { nearQuery } from '../../lib/near.ts'
import { useRecent } from '../../lib/recent.ts'
import { useSession } from '../../lib/session.ts'
import { useNewestStars, useStars } from '../../lib/stars.ts'
import type { Summary } from '../../lib/summaries.ts'
import { entityActions, globalActions, matching, type World } from './actions.ts'
import { readTyped, tagsOf, type Asked, type Scope } from './asked.ts'
import { actionChoice, entityChoice, foundChoices, kindChoices, pinned, type Choice, type Cursor } from './choices.ts'
import { findQuery, type Counts, type Hit } from './finder-query.ts'
import { rank, whole } from './rank.ts'

export interface Choices {
  asked: Asked
  choices: Choice[]
  /** Entities in all, of the scope; undefined before anything is looked for. */
  total: number | undefined
  /** Of each kind; none before the server answered. */
  kinds: Record<string, number>
  /** By scope; undefined while nothing is typed or known. */
  counts: (Counts & { actions: number }) | undefined
  /** The server answered, and found nothing. */
  nothing: boolean
  error: unknown
}

const RECENT = 5
const STARRED = 5
const LOCAL = 12
const DO = 4
const PLACES = 7

/** What the list offers: at once what this page knows, then what the server found; the row under the cursor stays. */
export function useChoices(
  typed: string,
  scope: Scope,
  cursor: Cursor | undefined,
  here: string | undefined,
  world: World,
  kind?: string,
): Choices {
  const asked = readTyped(typed, scope)
  const mine = [useSession().principal?.ref ?? '', ...useMyTeams()].filter(Boolean)
  const later = useDeferredValue(typed)
  const asking = readTyped(later, scope)
  const { data, isPlaceholderData, error } = useQuery(findQuery(asking, mine, kind))
  const known = useKnown(data?.hits)
  const actions = useMemo(
    () => [...(here ? entityActions(here, world, false) : []), ...globalActions(world)],
    [here, world],
  )
  const fresh =
    data && !isPlaceholderData && asking.term === asked.term && asking.scope === asked.scope ? data : undefined
  const nothing = fresh?.hits.length === 0
  const near = useQuery({
    ...nearQuery(`component:default/${asked.words.join('-')}`),
    enabled: nothing && asked.words.join('').length > 2,
  })

  const kept = { recent: useRecent(), starred: useNewestStars() }
  if (asked.term === '' || asked.scope === 'actions') {
    const choices =
      asked.term === ''
        ? opening(asked.scope, kept, here, world)
        : matching(actions, asked.words).map((a) => actionChoice(a, 'Do'))
    return {
      asked,
      choices,
      total: undefined,
      kinds: {},
      counts: undefined,
      nothing: asked.term !== '' && choices.length === 0,
      error: null,
    }
  }
  const local = localHits(known, asked, kind)
  const does =
    kind === undefined && asked.scope === 'all' && asked.words.length > 0 ? matching(actions, asked.words) : []
  const withDo = (found: Choice[]) => [...found, ...does.slice(0, DO).map((a) => actionChoice(a, 'Do'))]
  const before = withDo(foundChoices(local, asked.scope, kind))
  const counts = data && { ...data.counts, actions: does.length }
  if (!fresh) return { asked, choices: before, total: undefined, kinds: {}, counts, nothing: false, error }
  const meant = near.data?.map((ref) => entityChoice(ref, 'Did you mean'))
  const found = withDo(foundChoices(fresh.hits, asked.scope, kind))
  const ofKinds = kind === undefined ? kindChoices(fresh.kinds, (one) => inScope(one, asked.scope)) : []
  const after = [...found, ...ofKinds]
  // Somebody who typed all of a name means it, whatever stood first until the server knew it.
  const [first] = local
  const typedAll = (hit: Hit | undefined) => hit !== undefined && whole(hit, asked.words)
  const better = typedAll(fresh.hits[0]) && !typedAll(first)
  const stands = cursor ?? (first && !better && before[0] ? { choice: before[0], at: 0 } : undefined)
  return {
    asked,
    choices: [...pinned(after, stands), ...(nothing ? (meant ?? []) : [])],
    total: fresh.total,
    kinds: fresh.kinds,
    counts,
    nothing: nothing === true && !meant?.length,
    error: null,
  }
}

const inScope = (kind: string, scope: Scope) => {
  switch (scope) {
    case 'apis':
      return kind === 'api'
    case 'people':
      return kind === 'user' || kind === 'group'
    case 'catalog':
      return kind !== 'api' && kind !== 'user' && kind !== 'group'
    default:
      return true
  }
}

/** Before anything is typed: where one was, what one likes, what can be done here. */
function opening(
  scope: Scope,
  kept: { recent: string[]; starred: string[] },
  here: string | undefined,
  world: World,
): Choice[] {
  const fits = (ref: string) => ref !== here && inScope(parseRef(ref).kind, scope)
  const page = here ? entityActions(here, world, false).map((a) => actionChoice(a, 'On this page')) : []
  const places = globalActions(world).map((a) => actionChoice(a, 'Do'))
  if (scope === 'actions') return [...page, ...places]
  const recent = kept.recent.filter(fits).slice(0, RECENT)
  const starred = kept.starred.filter((ref) => fits(ref) && !recent.includes(ref)).slice(0, STARRED)
  const entities = [
    ...recent.map((ref) => entityChoice(ref, 'Recent')),
    ...starred.map((ref) => entityChoice(ref, 'Starred')),
  ]
  return scope === 'all' ? [...entities, ...page, ...places.slice(0, PLACES)] : entities
}

/** Entities of which this page knows the name already: it has drawn them, or the server found them a key ago. */
function useKnown(hits: Hit[] | undefined): Map<string, Hit> {
  const client = useQueryClient()
  const [stars, recent] = [useStars(), useRecent()]
  return useMemo(() => {
    const known = new Map<string, Hit>()
    const note = (ref: string) => {
      const { kind, name } = parseRef(ref)
      known.set(ref, { ref, kind, name, title: name, tags: [] })
    }
    stars.forEach(note)
    recent.forEach(note)
    for (const [, summary] of client.getQueriesData<Summary | null>({ queryKey: keys.summaries }))
      if (summary) known.set(summary.ref, { ...summary, tags: [] })
    for (const hit of hits ?? []) known.set(hit.ref, hit)
    return known
  }, [client, hits, recent, stars])
}

function localHits(known: Map<string, Hit>, asked: Asked, kind: string | undefined): Hit[] {
  const tags = tagsOf(asked)
  const fits = (hit: Hit) =>
    (kind === undefined ? inScope(hit.kind, asked.scope) : hit.kind === kind) &&
    tags.every((tag) => hit.tags.some((t) => t.toLowerCase().startsWith(tag)))
  return rank([...known.values()].filter(fits), asked.words).slice(0, LOCAL)
}
