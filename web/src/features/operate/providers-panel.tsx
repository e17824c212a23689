import { useSuspenseQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useNow } from '../../lib/now.ts'
import { asSentence, count, number } from '../../lib/words.ts'
import { CopyButton } from '../../ui/code-block.tsx'
import { Fresh } from '../../ui/fresh.tsx'
import { Section } from '../../ui/section.tsx'
import { StaleStrip } from '../../ui/stale-strip.tsx'
import { Status, type StatusShape } from '../../ui/status.tsx'
import type { ProblemsSearch } from './problems-search.ts'
import { providersQuery, type Provider } from './providers-api.ts'
import { budgetWords, progressShare, progressWords, spentWords, webhookURL, wholeWords } from './providers-words.ts'
import { Repositories } from './repositories.tsx'
import css from './providers.module.css'

/** The accounts whose repositories are read: how far, what it costs, and what their hosts told. */
export function Providers({ search }: { search: ProblemsSearch }) {
  const asked = useSuspenseQuery(providersQuery)
  return (
    <>
      {asked.data.map((provider) => (
        <Section
          key={provider.id}
          title={provider.account || provider.id}
          note={`${provider.url.replace(/^https?:\/\//, '')} · ${count(provider.repositories.listed, 'repository', 'repositories')}`}
        >
          <StaleStrip query={asked} what="What is known of the account did not load again." />
          <Facts provider={provider} />
          <Repositories provider={provider} search={search} />
        </Section>
      ))}
    </>
  )
}

/** A shape, and words that may take several lines. */
function Line({ shape, children }: { shape: StatusShape; children: ReactNode }) {
  return (
    <span className={css['line']}>
      <Status shape={shape} label={null} />
      <span className={shape === 'warn' ? css['warn'] : undefined}>{children}</span>
    </span>
  )
}

function Facts({ provider }: { provider: Provider }) {
  const now = useNow()
  const { running, lastWhole, lastFailure } = provider
  return (
    <dl className={css['facts']}>
      <dt>Now</dt>
      <dd aria-live="polite">
        {running ? <Running provider={provider} /> : <span className="muted">Nothing runs</span>}
      </dd>
      <dt>Last whole pass</dt>
      <dd className="num">
        {lastWhole?.finishedAt ? (
          <>
            <Fresh at={lastWhole.finishedAt} />: {wholeWords(lastWhole)}
          </>
        ) : (
          <span className="muted">None yet</span>
        )}
      </dd>
      {lastFailure && (
        <>
          <dt>Since then</dt>
          <dd>
            <Line shape="warn">
              <Fresh at={lastFailure.at} />: {asSentence(lastFailure.error)}
            </Line>
          </dd>
        </>
      )}
      <dt>Limits of the host</dt>
      <dd className="num">
        {provider.budgets.length === 0 && <span className="muted">The host has named none</span>}
        {provider.budgets.map((budget) => (
          <p key={budget.resource}>
            <Line shape={budget.retryAt || !budget.enough ? 'warn' : 'ok'}>
              <b>{budget.resource}</b>: {budgetWords(budget, now)}
            </Line>
          </p>
        ))}
      </dd>
      <dt>Requests in 24 hours</dt>
      <dd className="num">{spentWords(provider)}</dd>
      <dt>Webhooks</dt>
      <dd>
        <Webhook provider={provider} />
      </dd>
      {provider.deliveries.length > 0 && (
        <>
          <dt>Last deliveries</dt>
          <dd>
            <Deliveries provider={provider} />
          </dd>
        </>
      )}
    </dl>
  )
}

function Running({ provider: { running } }: { provider: Provider }) {
  if (!running) return null
  const share = progressShare(running)
  return (
    <>
      <Line shape="run">
        <span className="num">{progressWords(running)}</span>
      </Line>
      <progress
        className={css['progress']}
        aria-label="Pass"
        max={1}
        {...(share === undefined ? {} : { value: share })}
      />
    </>
  )
}

function Webhook({ provider }: { provider: Provider }) {
  const url = webhookURL(provider, window.location.origin)
  return (
    <>
      <span className={css['url']}>
        <code>{url}</code>
        <CopyButton code={url} name="webhook address" />
      </span>
      {!provider.signed && (
        <p className="muted">
          No secret is configured, so deliveries are refused. Set events.modules.{provider.kind}.webhookSecret, and the
          same secret at the host.
        </p>
      )}
    </>
  )
}

function Deliveries({ provider }: { provider: Provider }) {
  return (
    <>
      {provider.deliveriesWaiting > 0 && <p className="num">{number(provider.deliveriesWaiting)} wait</p>}
      <ul className={css['deliveries']}>
        {provider.deliveries.map((d, i) => (
          <li key={`${d.receivedAt} ${String(i)}`}>
            <Line shape={d.error ? 'warn' : d.doneAt ? 'ok' : 'run'}>
              {d.event}
              {d.repository && ` of ${d.repository}`}
              {d.error && `: ${d.error}`}
            </Line>
            <Fresh at={d.receivedAt} className="quiet num" />
          </li>
        ))}
      </ul>
    </>
  )
}
