import { formatRef, parseRef, refOf, type Entity, type EntityLink } from '../../lib/entity.ts'
import { httpUrl } from '../../lib/url.ts'

const KEYS = /(^|\/)(successor|replaced-by|superseded-by|deprecated-by|replacement)$/

/** The one that a label or an annotation of a deprecated entity names as what comes in its place. */
export function successorOf(entity: Entity): string | undefined {
  const { annotations = {}, labels = {} } = entity.metadata
  const [said] = Object.entries({ ...labels, ...annotations }).find(([key]) => KEYS.test(key)) ?? []
  const value = said && (annotations[said] ?? labels[said])
  return value ? fullRef(value, entity) : undefined
}

const MOST = 8
const BEFORE = ['use', 'by', 'with', 'to', 'see', 'of']

/** Refs that words of its description may be: those that look like names, or stand where a name would. Most are none. */
export function namesIn(entity: Entity): string[] {
  const words = (entity.metadata.description ?? '').split(/[\s()[\]"'`“”‘’,;]+/).map((w) => w.replace(/[.!?:]+$/, ''))
  const names = words.filter(
    (word, i) =>
      /^[\w.:/-]{3,}$/.test(word) &&
      !word.includes('//') &&
      (/[a-z].*[.:/_-]|[a-z]\d/i.test(word) || BEFORE.includes(words[i - 1]?.toLowerCase() ?? '')),
  )
  const refs = names.map((name) => fullRef(name, entity)).filter((ref) => ref !== refOf(entity))
  return [...new Set(refs)].slice(0, MOST)
}

/** Links that say that they lead to what comes in its place, or to how one gets there. */
export function waysOn(entity: Entity): EntityLink[] {
  const is = ({ title, type }: EntityLink) => /success|replac|migrat|supersed/i.test(`${title ?? ''} ${type ?? ''}`)
  return (entity.metadata.links ?? []).filter((link) => httpUrl(link.url) && is(link)).slice(0, 2)
}

function fullRef(name: string, { kind, metadata }: Entity): string {
  return formatRef(parseRef(name, { kind, namespace: metadata.namespace ?? 'default' }))
}
