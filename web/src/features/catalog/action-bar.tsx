import { Copy, Download, RotateCw, Star, X } from 'lucide-react'
import { useState } from 'react'
import { request } from '../../lib/api.ts'
import { copyText } from '../../lib/clipboard.ts'
import { api } from '../../lib/paths.ts'
import { useStars, useToggleStar } from '../../lib/stars.ts'
import { count, kindWords, number } from '../../lib/words.ts'
import { ActionButton } from '../../ui/action.tsx'
import { Button, IconButton } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { MenuButton } from '../../ui/menu-button.tsx'
import { ErrorStrip } from '../../ui/strip.tsx'
import { say } from '../../ui/toast.tsx'
import { ClaimAll } from '../ownership/claim-all.tsx'
import type { CatalogSearch } from './catalog-search.ts'
import { chosen, MOST_CHOSEN } from './export-href.ts'
import { ExportMenu } from './export-menu.tsx'
import type { Selection } from './use-selection.ts'
import css from './action-bar.module.css'

/** Nobody owns a team, a person or a location. */
const unowned = ['group', 'user', 'location']

/** What can be done with what is chosen. */
export function ActionBar({ selection, search }: { selection: Selection; search: CatalogSearch }) {
  const { selected, clear } = selection
  const refs = [...selected.keys()]
  const words = kindWords(search.kind)
  return (
    <div className={css['place']}>
      <section className={css['bar']} aria-label="Selection">
        <span className={css['count']} role="status">
          <b>{number(refs.length)}</b> selected
        </span>
        {!unowned.includes(search.kind) && (
          <ClaimAll refs={refs} what={count(refs.length, words.one, words.many)} failedClass={css['failed']} />
        )}
        <StarAll refs={refs} said={(n) => count(n, words.one, words.many)} />
        <Button
          size="xs"
          variant="subtle"
          leftSection={<Icon of={Copy} size={14} />}
          onClick={() => {
            void copyText(refs.join('\n')).then((copied) => {
              say(copied ? `${count(refs.length, 'ref')} copied, one a line.` : 'The browser does not let pages copy.')
            })
          }}
        >
          Copy refs
        </Button>
        {refs.length <= MOST_CHOSEN && (
          <MenuButton
            holds="menu"
            label="Export the selection"
            size="xs"
            variant="subtle"
            leftSection={<Icon of={Download} size={14} />}
            content={(opener) => (
              <ExportMenu {...opener} of={chosen(refs, search)} label={count(refs.length, words.one, words.many)} />
            )}
          >
            Export
          </MenuButton>
        )}
        <RefreshAll refs={refs} said={(n) => count(n, words.one, words.many)} />
        <IconButton label="Clear the selection" onClick={clear}>
          <Icon of={X} />
        </IconButton>
      </section>
    </div>
  )
}

interface AllProps {
  refs: string[]
  said: (n: number) => string
}

/** Stars all; where all are starred it takes the stars back. */
function StarAll({ refs, said }: AllProps) {
  const stars = useStars()
  const toggle = useToggleStar()
  const without = refs.filter((ref) => !stars.has(ref))
  const turn = (some: string[], words: string) => {
    some.forEach(toggle)
    say(words, {
      undo: () => {
        some.forEach(toggle)
      },
    })
  }
  return (
    <Button
      size="xs"
      variant="subtle"
      leftSection={<Icon of={Star} size={14} />}
      onClick={() => {
        if (without.length > 0) turn(without, `${said(without.length)} starred.`)
        else turn(refs, `${said(refs.length)} starred no more.`)
      }}
    >
      {without.length > 0 ? 'Star' : 'Unstar'}
    </Button>
  )
}

/** Requests at a time: a reading is work for the server. */
const ABREAST = 4

/** Asks for each source to be read again. */
function RefreshAll({ refs, said }: AllProps) {
  const [busy, setBusy] = useState(false)
  const [failed, setFailed] = useState<{ error: unknown; refs: string[] }>()
  const ask = async (some: string[]) => {
    setBusy(true)
    setFailed(undefined)
    const left = [...some]
    const lost: string[] = []
    let error: unknown
    const work = async () => {
      for (let ref = left.shift(); ref !== undefined; ref = left.shift()) {
        try {
          await request(api.refresh, { method: 'POST', body: { entityRef: ref } })
        } catch (cause) {
          error = cause
          lost.push(ref)
        }
      }
    }
    await Promise.all(Array.from({ length: ABREAST }, work))
    setBusy(false)
    const done = some.length - lost.length
    if (done > 0) say(`${said(done)} will be read again within moments.`)
    if (lost.length > 0) setFailed({ error, refs: lost })
  }
  return (
    <>
      <ActionButton
        may="catalog.entity.refresh"
        size="xs"
        variant="subtle"
        leftSection={<Icon of={RotateCw} size={14} />}
        disabled={busy}
        onClick={() => void ask(refs)}
      >
        {busy ? 'Refreshing' : 'Refresh'}
      </ActionButton>
      {failed && (
        <div className={css['failed']}>
          <ErrorStrip
            error={failed.error}
            what={`${said(failed.refs.length)} of ${number(refs.length)} could not be refreshed.`}
            kept="Your selection is kept."
            onRetry={() => void ask(failed.refs)}
          />
        </div>
      )}
    </>
  )
}
