import type { ReactNode } from 'react'

interface Props {
  title: string
  note?: ReactNode
  end?: ReactNode
  children: ReactNode
}

/** A part of a page: heading, a quiet note beside it, a way on at the right. */
export function Section({ title, note, end, children }: Props) {
  return (
    <section className="sec" aria-label={title}>
      <div className="hd">
        <h2>{title}</h2>
        {note && <span className="quiet">{note}</span>}
        {end && <span className="end">{end}</span>}
      </div>
      {children}
    </section>
  )
}
