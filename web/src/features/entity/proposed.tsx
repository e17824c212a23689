import { useQuery } from '@tanstack/react-query'
import { ArrowUpRight } from 'lucide-react'
import { refOf, type Entity } from '../../lib/entity.ts'
import { httpUrl } from '../../lib/url.ts'
import { Icon } from '../../ui/icon.tsx'
import { provenanceQuery } from './provenance.ts'
import css from './entity.module.css'

/** The pull request that waits for its file, as the last of the facts. */
export function Proposed({ entity }: { entity: Entity }) {
  const proposal = useQuery(provenanceQuery(refOf(entity))).data?.proposal
  const url = httpUrl(proposal?.url)
  if (!proposal || !url) return null
  return (
    <>
      <dt>Proposed</dt>
      <dd>
        <a className={css['out']} href={url} target="_blank" rel="noreferrer noopener">
          <span className="cut">Pull request #{proposal.number}</span>
          <Icon of={ArrowUpRight} size={12} />
        </a>
      </dd>
    </>
  )
}
