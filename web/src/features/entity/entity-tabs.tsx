import { Link, useLocation, useNavigate } from '@tanstack/react-router'
import { refOf, relationsOf, type Entity } from '../../lib/entity.ts'
import { useHotkeys } from '../../lib/hotkeys.ts'
import { entityTabs, page, type EntityTab } from '../../lib/paths.ts'
import { number } from '../../lib/words.ts'
import { oneStepCount } from '../graph/graph-search.ts'
import { Status } from '../../ui/status.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import tabs from '../../ui/tabs.module.css'
import css from './entity.module.css'

const titles: Record<EntityTab, string> = {
  overview: 'Overview',
  api: 'API',
  dependencies: 'Dependencies',
  history: 'History',
  source: 'Source',
}

/** The APIs that it provides and calls. */
const apiRelations = ['providesApi', 'consumesApi']

export function EntityTabs({ entity }: { entity: Entity }) {
  const ref = refOf(entity)
  const { pathname } = useLocation()
  const navigate = useNavigate()
  const apis = new Set(apiRelations.flatMap((type) => relationsOf(entity, type))).size
  const hasApi = entity.kind.toLowerCase() === 'api' || apis > 0 || pathname.endsWith('/api')
  const shown = entityTabs.filter((tab) => tab !== 'api' || hasApi)
  const present = entityTabs.find((t) => pathname.endsWith(`/${t}`)) ?? 'overview'
  const open = (tab: EntityTab) => () => void navigate({ to: page.entity(ref, tab), resetScroll: false })
  useHotkeys(Object.fromEntries(shown.map((tab, i) => [String(i + 1), open(tab)])))

  const related = oneStepCount(entity)
  const broken = entity.status?.items?.some((i) => i.level === 'error' && i.type === 'backstage.io/catalog-processing')
  return (
    <div className={css['tabs']}>
      <Tabs label="Parts of the page">
        {shown.map((tab) => (
          <Link
            key={tab}
            to={page.entity(ref, tab)}
            resetScroll={false}
            className={tabs['tab']}
            activeProps={{}}
            activeOptions={{ exact: true, includeSearch: false }}
            aria-current={tab === present ? 'page' : undefined}
          >
            {titles[tab]}
            {tab === 'api' && apis > 0 && <span className={tabs['n']}>{number(apis)}</span>}
            {tab === 'dependencies' && related > 0 && (
              <span className={tabs['n']} title="One step away">
                {number(related)}
                <span className="sr"> one step away</span>
              </span>
            )}
            {tab === 'source' && broken && <Status shape="bad" label="Has errors" />}
          </Link>
        ))}
      </Tabs>
    </div>
  )
}
