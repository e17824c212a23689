import { locationTarget, shortPath } from '../../lib/format.ts'
import type { Change } from '../../lib/portico.ts'

/** Where a change came from: "From shop/catalog-info.yaml", "As web is called storefront now". */
export function sourceWords({ source = '', diff }: Pick<Change, 'source' | 'diff'>): string {
  if (!source.startsWith('alias:')) return `From ${shortPath(locationTarget(source))}`
  const to = diff?.find((d) => d.path === 'spec.owner')?.to
  const [old = '', now = ''] = [source, typeof to === 'string' ? to : ''].map((ref) => ref.replace(/^.*[:/]/, ''))
  return now === '' || now.toLowerCase() === old ? `As ${old} is called so again` : `As ${old} is called ${now} now`
}
