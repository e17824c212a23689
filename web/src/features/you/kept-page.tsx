import { page } from '../../lib/paths.ts'
import { star, useStars } from '../../lib/stars.ts'
import { useMention } from '../../lib/summaries.ts'
import { useViews } from '../../lib/views.ts'
import { capital, count, kindWords, number } from '../../lib/words.ts'
import { LinkButton } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { EntityLink } from '../../ui/entity-link.tsx'
import { Section } from '../../ui/section.tsx'
import { StarToggle } from '../../ui/star.tsx'
import { say } from '../../ui/toast.tsx'
import { Frame } from './frame.tsx'
import { KeptWords } from './kept-words.tsx'
import { ViewList } from './view-list.tsx'
import css from './kept.module.css'

/** What have I put aside? */
export function KeptPage() {
  const stars = useStars()
  const [views] = useViews()
  const nothing = stars.size === 0 && views.length === 0
  return (
    <Frame title="Stars and views" heading={headline(stars.size, views.length)}>
      {nothing ? (
        <Nothing />
      ) : (
        <>
          <KeptWords />
          <Section title="Starred" note={stars.size > 0 && number(stars.size)}>
            {stars.size === 0 ? (
              <p className="muted">
                Nothing is starred. <kbd>s</kbd> on the page of an entity stars it, and it stands in the column.
              </p>
            ) : (
              <ul className={`${css['list'] ?? ''} hairlines`} aria-label="Starred">
                {[...stars].map((ref, at) => <Starred key={ref} entityRef={ref} at={at} />).reverse()}
              </ul>
            )}
          </Section>
          <Section title="Saved views" note={views.length > 0 && number(views.length)}>
            <ViewList />
          </Section>
        </>
      )}
    </Frame>
  )
}

function headline(stars: number, views: number): string {
  const parts = [stars > 0 && count(stars, 'star'), views > 0 && count(views, 'saved view')].filter(Boolean)
  return parts.length === 0 ? 'You have put nothing aside yet.' : `You have ${parts.join(' and ')}.`
}

function Starred({ entityRef, at }: { entityRef: string; at: number }) {
  const { title, kind, summary } = useMention(entityRef)
  return (
    <li className={css['row']}>
      <StarToggle
        entityRef={entityRef}
        name={title}
        onOff={() => {
          say(`${title} is no longer starred.`, {
            undo: () => {
              star(entityRef, true, at)
            },
          })
        }}
      />
      <EntityLink entityRef={entityRef} />
      <span className="quiet cut">
        {summary === null
          ? 'Not in the catalog any more, or hidden from you'
          : (summary?.description ?? capital(kindWords(kind).one))}
      </span>
    </li>
  )
}

function Nothing() {
  return (
    <EmptyState
      door="lit"
      title="Stars and views are shortcuts of your own"
      actions={
        <LinkButton to={page.catalog} search={{ kind: 'component' }}>
          Open the catalog
        </LinkButton>
      }
    >
      <p>
        Star what you come back to, beside its name or by <kbd>s</kbd> on its page: it stands in the column, or under
        More, from then on. Filter the catalog and save the view to come back to it by its name.
      </p>
    </EmptyState>
  )
}
