import { queryOptions, useQuery } from '@tanstack/react-query'
import { request } from '../../lib/api.ts'
import { relationCount, relationsOf, type Entity } from '../../lib/entity.ts'
import { keys } from '../../lib/keys.ts'
import type { FacetAnswer } from '../../lib/kinds.ts'
import { api } from '../../lib/paths.ts'
import { count, number, typeName } from '../../lib/words.ts'
import { MentionList } from '../../ui/mention-list.tsx'
import { Section } from '../../ui/section.tsx'
import { Left } from './left.tsx'

const PATH = 'relations.consumesApi'
/** Of how many APIs the callers are asked for; the list shows fewer at first. */
const MOST = 100

/** By how many each of these APIs is called, counted by the server: a much called API would bring all of its callers along. */
function callersQuery(refs: string[]) {
  return queryOptions({
    queryKey: keys.facet(['callers', refs]),
    queryFn: async ({ signal }) => {
      const body = { facets: [PATH], query: { [PATH]: { $in: refs } } }
      const { facets } = await request<FacetAnswer>(api.facets, { method: 'POST', body, signal })
      return new Map(facets[PATH]?.map(({ value, count: n }) => [value.toLowerCase(), n]))
    },
  })
}

/** The APIs that it provides and calls: of what sort each is, and how many call it. */
export function ApisAround({ entity }: { entity: Entity }) {
  const provided = relationsOf(entity, 'providesApi')
  const called = relationsOf(entity, 'consumesApi').filter((ref) => !provided.includes(ref))
  const refs = [...provided, ...called]
  const { data: callers } = useQuery({ ...callersQuery(refs.slice(0, MOST)), enabled: refs.length > 0 })
  if (refs.length === 0) return null
  const left = (type: string) => relationCount(entity, type) - relationsOf(entity, type).length
  const calls = called.length + left('consumesApi')
  return (
    <Section title="APIs" note={`provides ${number(relationCount(entity, 'providesApi'))}, calls ${number(calls)}`}>
      <MentionList
        refs={refs}
        note={(ref) => (provided.includes(ref) ? 'provides' : 'calls')}
        end={(summary, ref) => {
          const n = callers && refs.indexOf(ref) < MOST ? (callers.get(ref) ?? 0) : undefined
          return [typeName(summary?.type), n === undefined ? undefined : n === 0 ? 'no callers' : count(n, 'caller')]
            .filter(Boolean)
            .join(' · ')
        }}
      />
      <Left entity={entity} n={left('providesApi') + left('consumesApi')} />
    </Section>
  )
}
