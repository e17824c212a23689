import { useMention } from '../../lib/summaries.ts'
import { NONE, type FacetName } from './catalog-search.ts'

/** A value as people say it: the owner's name instead of its ref. */
export function FacetLabel({ name, value }: { name: FacetName | 'in'; value: string }) {
  if (value === NONE) return <>{name === 'in' ? 'no system' : 'No owner'}</>
  return name === 'owner' || name === 'in' ? <Title of={value} /> : <>{value}</>
}

function Title({ of: ref }: { of: string }) {
  return <>{useMention(ref).title}</>
}
