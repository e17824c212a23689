import { RotateCw } from 'lucide-react'
import type { ReactNode } from 'react'
import { isApiError } from '../lib/api-error.ts'
import { asSentence } from '../lib/words.ts'
import { Button } from './button.tsx'
import { Icon } from './icon.tsx'
import { Status, type StatusShape } from './status.tsx'
import css from './strip.module.css'

interface StripProps {
  shape: StatusShape
  children: ReactNode
  actions?: ReactNode
  /** For what the person just did; anything else is not announced. */
  alert?: boolean
}

/** One line about the state of what is below it. Bad and warn are coloured, the rest is quiet. */
export function Strip({ shape, children, actions, alert = false }: StripProps) {
  const tone = shape === 'bad' || shape === 'warn' ? (css[shape] ?? '') : ''
  return (
    <div className={`${css['strip'] ?? ''} ${tone}`} role={alert ? 'alert' : undefined}>
      <Status shape={shape} label={null} />
      <div className={css['body']}>{children}</div>
      {actions && <div className={css['acts']}>{actions}</div>}
    </div>
  )
}

interface ErrorStripProps {
  error: unknown
  /** What did not happen: "The catalog did not load." */
  what: string
  /** What is kept: "You see the last rows." */
  kept?: string | undefined
  onRetry?: () => void
}

export function ErrorStrip({ error, what, kept, onRetry }: ErrorStripProps) {
  return (
    <Strip
      shape="bad"
      alert
      actions={
        onRetry && (
          <Button size="xs" leftSection={<Icon of={RotateCw} size={14} />} onClick={onRetry}>
            Try again
          </Button>
        )
      }
    >
      <b>{what}</b> <ErrorWords error={error} kept={kept} />
    </Strip>
  )
}

/** The cause and the remedy in the server's words, as one or two sentences. */
export function errorSentence(error: unknown): string {
  if (!isApiError(error)) return 'This page met a fault of its own. Reload it.'
  return `${asSentence(error.message)} ${asSentence(error.remedy)}`.trim()
}

/** What failed, with the id that one reads out: within the sentence where the server put it there, else at the end. */
export function ErrorWords({ error, kept }: Pick<ErrorStripProps, 'error' | 'kept'>) {
  const sentence = errorSentence(error)
  const id = isApiError(error) && error.id
  const [before, after] = id ? sentence.split(id) : [sentence]
  const within = after !== undefined
  return (
    <>
      {before}
      {within && <span className={css['id']}>{id}</span>}
      {after} {kept} {!within && <ErrorId error={error} />}
    </>
  )
}

export function ErrorId({ error }: { error: unknown }) {
  if (!isApiError(error) || !error.id) return null
  return <span className={`${css['id'] ?? ''} quiet small`}>Error {error.id}</span>
}
