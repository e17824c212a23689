import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { request } from '../../lib/api.ts'
import { inline, place } from '../../lib/format.ts'
import { keys } from '../../lib/keys.ts'
import { api } from '../../lib/paths.ts'

export type LayerName = 'declared' | 'overlay' | 'inferred'

/** Where something was seen. `url`: at its host. */
export interface Evidence {
  value?: string
  file?: string
  line?: number
  says?: string
  sure?: 'stated' | 'likely' | 'guess'
  url?: string
}

interface Said {
  layer: LayerName
  value: unknown
  evidence?: Evidence[]
  by?: string
  at?: string
}

/** One field of an entity: what is shown, where that comes from, and what else is said of it. */
export interface ProvenFact extends Said {
  path: string
  alias?: { says: string; by: string; at: string }
  differs?: Said[]
}

export interface Provenance {
  ref: string
  base: 'declared' | 'inferred'
  file: string
  settable: string[]
  fields: ProvenFact[]
  leftOut: string[]
  /** The pull request that proposes to its file what that does not declare yet. */
  proposal?: Proposal
}

export interface Proposal {
  repository: string
  number: number
  url: string
  by: string
  at: string
}

/** Below the key of the source: what changes the one changes the other. */
export function provenanceQuery(ref: string) {
  return queryOptions({
    queryKey: [...keys.source(ref), 'provenance'],
    queryFn: ({ signal }) => request<Provenance>(api.provenance(ref), { signal }),
  })
}

export type Mark = LayerName | 'conflict'

/** What a fact is marked by: its layer, or that others say something else that people should know of. */
export function markOf(fact: ProvenFact): Mark {
  return fact.layer === 'declared' && fact.differs?.some((d) => d.layer === 'overlay') ? 'conflict' : fact.layer
}

export const glyphs: Record<Mark, string> = { declared: '', inferred: '≈', overlay: '✎', conflict: '≠' }

/** The facts of a field: itself, or the entries of the list that it is. */
export function factsOf(all: ProvenFact[], path: string): ProvenFact[] {
  return all.filter((f) => f.path === path || f.path.startsWith(`${path}[`))
}

const sure = { stated: '', likely: ', which is likely', guess: ', which is a guess' }

/** "Inferred: has a main package and a Dockerfile, which is likely." */
export function sentence(said: Said): string {
  switch (said.layer) {
    case 'declared':
      return 'Declared in its file.'
    case 'overlay':
      return 'Set in the portal.'
    case 'inferred': {
      const [first] = said.evidence ?? []
      return first?.says ? `Inferred: ${first.says}${sure[first.sure ?? 'stated']}.` : 'Inferred from its repository.'
    }
  }
}

/** "go.mod:3" */
export function placeOf({ file = '', line }: Evidence): string {
  return place(file, line === 0 ? undefined : line)
}

/** What another layer says, for people: "group:default/core was set in the portal". */
export function differenceWords(said: Said): string {
  const verb = { declared: 'is declared', overlay: 'was set in the portal', inferred: 'was inferred' }[said.layer]
  const value = typeof said.value === 'string' ? said.value : inline(said.value)
  return `${value} ${verb}`
}

/** The fields that can be set, as a form has them. */
export interface Link {
  url: string
  title?: string
}
export interface Draft {
  texts: Record<string, string>
  tags: string
  links: Link[]
}

export const words: Record<string, string> = {
  'metadata.title': 'Title',
  'metadata.description': 'Description',
  'metadata.tags': 'Tags',
  'metadata.links': 'Links',
  'spec.type': 'Type',
  'spec.lifecycle': 'Lifecycle',
  'spec.owner': 'Owner',
  'spec.system': 'System',
}

/** The field that a fact is of: of an entry of a list, the list. */
export const fieldOf = (path: string) => path.replace(/\[.*$/s, '')

const entries: Record<string, string> = { 'metadata.tags': 'Tag', 'metadata.links': 'Link' }

/** What a fact is called: "Owner", "Tag java". */
export function nameOf(path: string): string {
  const list = entries[fieldOf(path)]
  return list && path.endsWith(']') ? `${list} ${path.slice(path.indexOf('[') + 1, -1)}` : (words[path] ?? path)
}

export const isList = (path: string) => path === 'metadata.tags' || path === 'metadata.links'

/**
 * What a form begins with: of each field what is shown, but where a file declares it what was set all the same, or
 * nothing. Of lists that what the file declares is left out: nobody can take that away here.
 */
export function draftOf({ settable, fields }: Provenance): Draft {
  const draft: Draft = { texts: {}, tags: '', links: [] }
  for (const path of settable) {
    const open = factsOf(fields, path).filter((f) => f.layer !== 'declared')
    if (path === 'metadata.tags') draft.tags = open.map((f) => String(f.value)).join(', ')
    else if (path === 'metadata.links') draft.links = open.map((f) => f.value as Link)
    else {
      const [shown] = factsOf(fields, path)
      const said = shown?.layer === 'declared' ? shown.differs?.find((d) => d.layer === 'overlay') : shown
      draft.texts[path] = typeof said?.value === 'string' ? said.value : ''
    }
  }
  return draft
}

const tagsOf = (text: string) =>
  text
    .split(/[\s,]+/)
    .map((t) => t.trim().toLowerCase())
    .filter(Boolean)

/** Links as they are compared and sent: trimmed, without those that have no address. */
const linksOf = (links: Link[]) =>
  links
    .map(({ url, title = '', ...rest }) => ({ ...rest, url: url.trim(), ...(title.trim() && { title: title.trim() }) }))
    .filter((l) => l.url !== '')

/** What is to be sent: the fields that are no longer as they were; null for what was emptied, which takes away what was set. */
export function changesOf(before: Draft, after: Draft): Record<string, unknown> {
  const out: Record<string, unknown> = {}
  for (const [path, text] of Object.entries(after.texts)) {
    if (text.trim() !== (before.texts[path] ?? '')) out[path] = text.trim() === '' ? null : text.trim()
  }
  const tags = tagsOf(after.tags)
  if (tags.join() !== tagsOf(before.tags).join()) out['metadata.tags'] = tags
  const links = linksOf(after.links)
  if (JSON.stringify(links) !== JSON.stringify(linksOf(before.links))) out['metadata.links'] = links
  return out
}

/** The field that an error of the server names first, as "spec.owner: …", and what it says of it. */
export function faultOf(message: string, settable: string[]): { path: string; says: string } | undefined {
  const path = settable.find((p) => message.startsWith(`${p}: `))
  return path === undefined ? undefined : { path, says: message.slice(path.length + 2) }
}

/** Sets fields of an entity. The answer says where each comes from then, and is shown at once. */
export function useSetFields(ref: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (fields: Record<string, unknown>) =>
      request<Provenance | undefined>(api.overlay(ref), { method: 'PATCH', body: { fields } }),
    onSuccess: (answer) => {
      if (answer) client.setQueryData(provenanceQuery(ref).queryKey, answer)
      return Promise.all(
        [keys.entity(ref), keys.summary(ref), keys.history(ref), keys.standings, keys.lists, keys.facets].map(
          (queryKey) => client.invalidateQueries({ queryKey }),
        ),
      )
    },
  })
}
