import { useSuspenseQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { formatRef, type Entity } from '../../lib/entity.ts'
import { entityQuery } from './api.ts'

/** The ref in the address of the page. */
export function useEntityRef(): string {
  const { kind = '', namespace = 'default', name = '' } = useParams({ strict: false })
  return formatRef({ kind, namespace, name })
}

/** The entity of the page. Only below EntityPage, which shows what is not there itself. */
export function useEntity(): Entity {
  const ref = useEntityRef()
  const { data } = useSuspenseQuery(entityQuery(ref))
  if (!data) throw new Error(`${ref} went away while its page was drawn`)
  return data
}
