import { queryOptions, useQuery } from '@tanstack/react-query'
import { request } from './api.ts'
import { batched } from './batch.ts'
import { formatRef, hasGeneratedName, parseRef, refOf, text, titleOf, type Entity, type RefParts } from './entity.ts'
import { keys } from './keys.ts'
import { api } from './paths.ts'

/** What a mention of an entity needs to draw: never the whole entity. */
export interface Summary {
  ref: string
  kind: string
  name: string
  title: string
  description?: string | undefined
  type?: string | undefined
  lifecycle?: string | undefined
  owner?: string | undefined
  /** A full ref. */
  system?: string | undefined
}

const fields = [
  'kind',
  'metadata.name',
  'metadata.namespace',
  'metadata.title',
  'metadata.description',
  'spec.profile.displayName',
  'spec.type',
  'spec.lifecycle',
  'spec.owner',
  'spec.system',
  'spec.target',
  'spec.targets',
]

const load = batched<Summary | null>(async (refs) => {
  const answer = await request<{ items: (Entity | null)[] }>(api.byRefs, {
    method: 'POST',
    body: { entityRefs: refs, fields },
  })
  return answer.items.map((entity) => (entity ? summarise(entity) : null))
}, 500)

export function summarise(entity: Entity): Summary {
  const owner = text(entity.spec?.['owner'])
  const system = text(entity.spec?.['system'])
  return {
    ref: refOf(entity),
    kind: entity.kind.toLowerCase(),
    name: entity.metadata.name,
    title: titleOf(entity),
    description: entity.metadata.description,
    type: text(entity.spec?.['type']),
    lifecycle: text(entity.spec?.['lifecycle']),
    owner: owner ? ownerRef(owner, entity.metadata.namespace) : undefined,
    system: system
      ? formatRef(parseRef(system, { kind: 'system', namespace: entity.metadata.namespace ?? 'default' }))
      : undefined,
  }
}

/** An owner as files write it (`payments`, `user:ines`) as a full ref. */
export function ownerRef(owner: string, namespace = 'default'): string {
  return formatRef(parseRef(owner, { kind: 'group', namespace }))
}

export function summaryQuery(ref: string) {
  return queryOptions({
    queryKey: keys.summary(ref),
    queryFn: () => load(ref),
    staleTime: 300_000,
  })
}

export interface Mention {
  /** What to write: the title, or the name in the ref while it is not known. */
  title: string
  kind: string
  /** null: the ref points at nothing; undefined: not known yet. */
  summary: Summary | null | undefined
}

export function useMention(ref: string): Mention {
  const { data } = useQuery(summaryQuery(ref))
  const parts = parseRef(ref)
  return { title: data?.title ?? nameOf(parts), kind: parts.kind, summary: data }
}

/** Its name, as files write it; a location whose name the catalog made up goes by its target. */
export function useName(ref: string): string {
  const { kind, name } = parseRef(ref)
  const made = hasGeneratedName(kind, name)
  const { data } = useQuery({ ...summaryQuery(ref), enabled: made })
  return (made && data?.title) || nameOf({ kind, name })
}

/** The name while nothing else is known; of a made-up one the first letters of the hash, as of a commit. */
function nameOf({ kind, name }: Pick<RefParts, 'kind' | 'name'>): string {
  return hasGeneratedName(kind, name) ? `location ${name.slice('generated-'.length).slice(0, 7)}` : name
}
