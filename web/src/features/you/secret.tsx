import { Check, Copy } from 'lucide-react'
import { useState } from 'react'
import { copyText } from '../../lib/clipboard.ts'
import { Button } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'
import css from './you.module.css'

/** Text that is shown this once. Where the browser does not let us copy it, it can be selected. */
export function Secret({ text, name }: { text: string; name: string }) {
  const [state, setState] = useState<'new' | 'copied' | 'refused'>('new')
  const copy = async () => {
    setState((await copyText(text)) ? 'copied' : 'refused')
  }
  return (
    <div className={css['secret']}>
      <input
        readOnly
        value={text}
        aria-label={name}
        className="mono"
        onFocus={(e) => {
          e.target.select()
        }}
      />
      <Button
        data-autofocus
        leftSection={<Icon of={state === 'copied' ? Check : Copy} size={14} />}
        onClick={() => void copy()}
      >
        {state === 'copied' ? 'Copied' : 'Copy'}
      </Button>
      <p className="small quiet" role="status">
        {state === 'refused' ? 'The browser does not let the page copy. Select the text and copy it.' : ''}
      </p>
    </div>
  )
}
