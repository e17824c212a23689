import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useMemo, useRef } from 'react'
import { textLines } from './code-pieces.ts'
import { CodeLine, CopyButton } from './code.tsx'
import type { Fault, Language } from './read/model.ts'
import css from './text-view.module.css'

const LINE = 22

interface Props {
  text: string
  language: Language
  name: string
  fault?: Fault | undefined
}

/** The definition as it was written, with numbers. Only the lines in sight are in the document, however many there are. */
export function TextView({ text, language, name, fault }: Props) {
  const lines = useMemo(() => text.replace(/\r?\n$/, '').split(/\r?\n/), [text])
  const within = useMemo(() => textLines(lines, language), [lines, language])
  const box = useRef<HTMLDivElement>(null)
  // Its functions change with every scroll; nothing here keeps them.
  // eslint-disable-next-line react-hooks/incompatible-library
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => box.current,
    estimateSize: () => LINE,
    overscan: 20,
    initialRect: { width: 800, height: 800 },
  })
  const wrong = fault?.line
  useEffect(() => {
    if (wrong !== undefined) virtual.scrollToIndex(wrong - 1, { align: 'center' })
  }, [virtual, wrong])
  const digits = String(lines.length).length
  return (
    <div className={css['frame']}>
      <div
        ref={box}
        className={css['scroll']}
        // A region that scrolls must be reachable by keyboard.
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        role="region"
        aria-label={name}
        style={{ '--digits': `${String(digits)}ch`, '--lines': String(lines.length) } as React.CSSProperties}
      >
        <div className={css['all']}>
          {virtual.getVirtualItems().map(({ index, start }) => (
            <div
              key={index}
              className={`${css['line'] ?? ''} ${index + 1 === wrong ? (css['wrong'] ?? '') : ''}`}
              style={{ top: start }}
              data-n={index + 1}
            >
              <CodeLine line={lines[index] ?? ''} language={language} text={within[index]} />
            </div>
          ))}
        </div>
      </div>
      <span className={css['copy']}>
        <CopyButton text={text} label={`Copy the ${name}`} />
      </span>
    </div>
  )
}
