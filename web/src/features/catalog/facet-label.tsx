import { useMention } from '../../lib/summaries.ts'
import { typeName } from '../../lib/words.ts'
import { NONE, type FacetName } from './catalog-search.ts'

/** A value as people say it: the owner's name instead of its ref, a type in its own spelling. */
export function FacetLabel({ name, value }: { name: FacetName | 'in'; value: string }) {
  if (value === NONE) return <>{name === 'in' ? 'no system' : 'No owner'}</>
  if (name === 'type') return <>{typeName(value)}</>
  return name === 'owner' || name === 'in' ? <Title of={value} /> : <>{value}</>
}

function Title({ of: ref }: { of: string }) {
  return <>{useMention(ref).title}</>
}
