import { Check, Copy } from 'lucide-react'
import { useMemo, useState } from 'react'
import { copyText } from '../../lib/clipboard.ts'
import { IconButton } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { codePieces, textLines } from './code-pieces.ts'
import type { Language } from './read/model.ts'
import css from './code.module.css'

/** A line is cut here for the eye; copying and the file have it whole. */
const WIDEST = 2_000

interface LineProps {
  line: string
  language: Language
  /** It is within text of several lines, where nothing has a colour of its own. */
  text?: boolean | undefined
}

export function CodeLine({ line, language, text }: LineProps) {
  const cut = line.length > WIDEST
  const shown = cut ? line.slice(0, WIDEST) : line
  return (
    <>
      {codePieces(shown, language, text).map((piece, i) =>
        piece.type ? (
          <span key={i} className={css[piece.type]}>
            {piece.text}
          </span>
        ) : (
          piece.text
        ),
      )}
      {cut && (
        <span className={css['comment']}> … {(line.length - WIDEST).toLocaleString('en-GB')} more characters</span>
      )}
    </>
  )
}

/** A short example: coloured, without numbers, to be copied. */
export function Code({ code, language, name }: { code: string; language: Language; name: string }) {
  const lines = useMemo(() => code.split('\n'), [code])
  const text = useMemo(() => textLines(lines, language), [lines, language])
  return (
    <div className={css['block']}>
      <pre
        className={css['scroll']}
        // A region that scrolls must be reachable by keyboard.
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        role="region"
        aria-label={name}
      >
        {lines.map((line, i) => (
          <span key={i}>
            <CodeLine line={line} language={language} text={text[i]} />
            {'\n'}
          </span>
        ))}
      </pre>
      <span className={css['copy']}>
        <CopyButton text={code} label={`Copy ${name}`} />
      </span>
    </div>
  )
}

export function CopyButton({ text, label }: { text: string; label: string }) {
  const [done, setDone] = useState(false)
  const copy = async () => {
    setDone(await copyText(text))
    setTimeout(() => {
      setDone(false)
    }, 2000)
  }
  return (
    <IconButton label={done ? 'Copied' : label} onClick={() => void copy()}>
      <Icon of={done ? Check : Copy} size={14} />
    </IconButton>
  )
}
