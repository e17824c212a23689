import type { View } from '../../lib/views.ts'
import { parseSearch } from '../../lib/search-params.ts'
import { kindWords } from '../../lib/words.ts'

const LONGEST = 80

/** What is wrong with a name; '' for nothing. */
export function nameFault(name: string, others: View[]): string {
  const wanted = name.trim()
  if (wanted === '') return 'Write a name by which you know the view again.'
  if (wanted.length > LONGEST) return `Write a shorter name: at most ${String(LONGEST)} characters.`
  if (others.some((view) => view.name.toLowerCase() === wanted.toLowerCase()))
    return `Another view is called ${wanted}.`
  return ''
}

const shown = new Set(['kind', 'sort', 'cols', 'view'])

/** What a view shows, in a few words: "APIs, owner payments, type openapi". */
export function viewWords(href: string): string {
  const { kind = 'component', ...search } = parseSearch(href.slice(href.indexOf('?') + 1 || href.length))
  const parts = Object.entries(search).flatMap(([key, value]) => {
    if (shown.has(key)) return []
    if (value === 'true') return [key]
    const values = (Array.isArray(value) ? value : [value]).map((one) => one.replace(/^\w+:(default\/)?/, ''))
    return [`${key === 'q' ? 'text' : key} ${values.join(' or ')}`]
  })
  return [kindWords([kind].flat()[0] ?? 'component').tab, ...parts].join(', ')
}
