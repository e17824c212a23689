import { span } from '../../lib/format.ts'
import { count, number } from '../../lib/words.ts'
import type { Budget, Pass, Provider } from './providers-api.ts'

/** What a pass that runs does now: "Listing: 200 of 1,204 repositories". */
export function progressWords(pass: Pass): string {
  if (pass.total > pass.listed)
    return `Listing: ${number(pass.listed)} of ${count(pass.total, 'repository', 'repositories')}`
  if (pass.toRead > 0)
    return `Reading: ${count(pass.toRead, 'repository', 'repositories')} of ${number(pass.listed)} left`
  return `Listing: ${count(pass.listed, 'repository', 'repositories')} so far`
}

/** How far it is, from 0 to 1; nothing where nobody knows. */
export function progressShare(pass: Pass): number | undefined {
  if (pass.total > pass.listed) return pass.listed / pass.total
  return pass.toRead > 0 && pass.listed > 0 ? 1 - pass.toRead / pass.listed : undefined
}

/** What the last whole pass found and cost. */
export function wholeWords(pass: Pass): string {
  return `${count(pass.listed, 'repository', 'repositories')}, ${number(pass.read)} of them read, with ${count(pass.requests, 'request')}`
}

/** What is left of a limit, and whether it lasts. */
export function budgetWords(budget: Budget, now: Date): string {
  if (budget.retryAt) return `the host asked to be left alone for ${until(budget.retryAt, now)}`
  if (budget.quota === 0) return 'the host names no limit'
  const reset =
    budget.resetsAt && new Date(budget.resetsAt) > now ? `, counted anew in ${until(budget.resetsAt, now)}` : ''
  const spent = `${number(budget.perHour)} an hour are spent`
  return `${number(budget.remaining)} of ${number(budget.quota)} left${reset}; ${spent}, ${budget.enough ? 'so they last' : 'so they may not last'}`
}

function until(at: string, now: Date): string {
  return span(Math.max(new Date(at).getTime() - now.getTime(), 5_000))
}

const purposes: Record<string, string> = {
  person: 'for people',
  webhook: 'for webhooks',
  crawl: 'for passes',
  organization: 'for teams and people',
}

/** "120 for passes, 14 for webhooks" */
export function spentWords(provider: Provider): string {
  if (provider.spent.length === 0) return 'none'
  return provider.spent.map((s) => `${number(s.requests)} ${purposes[s.purpose] ?? s.purpose}`).join(', ')
}

/** What a host is told to send deliveries to. */
export function webhookURL(provider: Provider, origin: string): string {
  return origin + provider.webhook
}
