import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { page } from '../../lib/paths.ts'
import { kindWords } from '../../lib/words.ts'
import { MentionList } from '../../ui/mention-list.tsx'
import { Section } from '../../ui/section.tsx'
import { areasQuery } from './api.ts'

/** Where to begin: the domains, or the systems of a catalog without domains. */
export function Areas() {
  const { data } = useQuery(areasQuery)
  if (!data || data.refs.length === 0) return null
  const words = kindWords(data.kind)
  return (
    <Section
      title={words.tab}
      note="what it all belongs to"
      end={
        data.more && (
          <Link className="link" to={page.catalog} search={{ kind: data.kind }}>
            All {words.many}
          </Link>
        )
      }
    >
      <MentionList refs={data.refs} first={data.refs.length} type={false} />
    </Section>
  )
}
