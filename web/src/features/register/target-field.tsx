import { Fragment, useRef } from 'react'
import { useSession } from '../../lib/session.ts'
import { count } from '../../lib/words.ts'
import { Button } from '../../ui/button.tsx'
import { isDescriptor, MOST, readLines } from './targets.ts'
import css from './register.module.css'

const apple = /Mac|iPhone|iPad/.test(navigator.platform)

interface Props {
  text: string
  /** What is being looked at. */
  looked: string[]
  onText: (text: string) => void
  onLook: (targets: string[]) => void
}

/** One place a line. What is pasted into the empty field is looked at at once: looking writes nothing. */
export function TargetField({ text, looked, onText, onLook }: Props) {
  const { targets, twice, left } = readLines(text)
  const descriptor = isDescriptor(text)
  const folders = useSession().registerPaths ?? []
  const same = targets.join('\n') === looked.join('\n')
  const field = useRef<HTMLTextAreaElement>(null)
  const look = () => {
    if (targets.length > 0 && !descriptor) onLook(targets)
    else field.current?.focus()
  }
  return (
    <form
      className={css['form']}
      onSubmit={(event) => {
        event.preventDefault()
        look()
      }}
    >
      <label htmlFor="register-targets">
        {folders.length > 0 ? 'Address or path' : 'Address'} of a <code>catalog-info.yaml</code>, a repository or a
        folder
      </label>
      <textarea
        ref={field}
        id="register-targets"
        value={text}
        rows={Math.min(10, Math.max(3, text.split('\n').length))}
        spellCheck={false}
        autoComplete="off"
        placeholder={['https://github.com/acme/shop', ...folders.slice(0, 1)].join('\n')}
        aria-describedby="register-help"
        aria-invalid={descriptor || undefined}
        onChange={(event) => {
          onText(event.target.value)
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.metaKey || event.ctrlKey)) {
            event.preventDefault()
            look()
          }
        }}
        onPaste={(event) => {
          const pasted = event.clipboardData.getData('text')
          if (text.trim() !== '' || isDescriptor(pasted)) return
          const lines = readLines(pasted).targets
          if (lines.length === 0) return
          event.preventDefault()
          onText(lines.join('\n'))
          onLook(lines)
        }}
      />
      <p id="register-help" className={descriptor ? css['wrong'] : 'quiet small'}>
        {descriptor ? (
          <>
            This is a descriptor itself. The catalog reads files where they are kept: commit it to its repository as{' '}
            <span className="mono">catalog-info.yaml</span> and write the URL of that.
          </>
        ) : (
          <>
            One per line, up to {MOST}. A pattern such as{' '}
            <span className="mono">…/blob/main/services/*/catalog-info.yaml</span> stands for each file that it matches.
            {folders.length > 0 && <Open folders={folders} />}
            {twice > 0 && ` ${count(twice, 'line')} came twice.`}
            {left > 0 && ` The last ${String(left)} are left out.`}
          </>
        )}
      </p>
      <div className={css['acts']}>
        <Button
          type="submit"
          variant={looked.length === 0 ? 'filled' : 'default'}
          aria-keyshortcuts="Meta+Enter Control+Enter"
        >
          {same && looked.length > 0
            ? 'Preview again'
            : targets.length > 1
              ? `Preview ${count(targets.length, 'location')}`
              : 'Preview'}
        </Button>
        <span className="quiet small wide">
          <kbd>{apple ? '⌘' : 'Ctrl'}</kbd> <kbd>↵</kbd>
        </span>
      </div>
    </form>
  )
}

/** Where the paths may lie that this person registers. */
function Open({ folders }: { folders: string[] }) {
  const first = folders.slice(0, 3)
  const more = folders.length - first.length
  return (
    <>
      {' '}
      A path of the portal’s machine may lie below{' '}
      {first.map((folder, i) => (
        <Fragment key={folder}>
          {i > 0 && (i === first.length - 1 && more === 0 ? ' or ' : ', ')}
          <span className={`${css['folder'] ?? ''} mono`}>{folder}</span>
        </Fragment>
      ))}
      {more > 0 && ` or ${count(more, 'other folder')}`}.
    </>
  )
}
