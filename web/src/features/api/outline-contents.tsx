import { Link } from '@tanstack/react-router'
import { page } from '../../lib/paths.ts'
import { number } from '../../lib/words.ts'
import { FirstItems } from './first-items.tsx'
import type { Group, Outline } from './read/model.ts'
import css from './contents.module.css'

interface Props {
  entityRef: string
  outline: Outline
  /** Whether the list itself stands beside. */
  beside: boolean
}

/** What is in a definition, after its own words: its groups, each leading to the first thing of it. */
export function OutlineContents({ entityRef, outline, beside }: Props) {
  const groups = outline.groups.filter((g) => !g.minor)
  if (groups.length > 1)
    return (
      <section className={css['contents']} aria-labelledby="contents">
        <h2 id="contents">What it offers</h2>
        <ul className="hairlines">
          {groups.map((group) => (
            <GroupRow key={group.name} group={group} entityRef={entityRef} />
          ))}
        </ul>
      </section>
    )
  // One group is what the list beside shows anyway; an MCP server's addresses stand in full above.
  if (beside || outline.sort === 'mcp' || groups.length === 0) return null
  return (
    <section className={css['contents']} aria-labelledby="contents">
      <h2 id="contents">What it offers</h2>
      <FirstItems items={groups.flatMap((g) => g.items)} to={page.entity(entityRef, 'api')} />
    </section>
  )
}

function GroupRow({ group, entityRef }: { group: Group; entityRef: string }) {
  const about = group.about?.split(/\n\s*\n/)[0]?.replace(/[*`_]/g, '')
  return (
    <li className={css['row']}>
      <Link to={page.entity(entityRef, 'api')} search={{ at: group.items[0]?.id }} resetScroll={false}>
        <b>{group.name}</b>
      </Link>
      <span className={`${css['about'] ?? ''} cut`}>{about}</span>
      <span className="quiet num">{number(group.items.length)}</span>
    </li>
  )
}
