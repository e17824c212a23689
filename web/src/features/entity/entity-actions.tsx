import { ArrowUpRight, Check, Copy, Ellipsis, Mail } from 'lucide-react'
import { lazy, Suspense, useRef, useState } from 'react'
import { copyText } from '../../lib/clipboard.ts'
import { refOf, titleOf, type Entity } from '../../lib/entity.ts'
import { useHotkeys } from '../../lib/hotkeys.ts'
import { AnchorButton, IconButton, OutButton } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { MenuButton } from '../../ui/menu-button.tsx'
import { StarButton } from '../../ui/star.tsx'
import { say } from '../../ui/toast.tsx'
import { waysOut, type WayOut } from './ways-out.ts'
import css from './entity.module.css'

const ActionsMenu = lazy(async () => ({ default: (await import('./actions-menu.tsx')).ActionsMenu }))
const EditFields = lazy(async () => ({ default: (await import('./edit-fields.tsx')).EditFields }))
const Unregister = lazy(async () => ({ default: (await import('./unregister.tsx')).Unregister }))

interface Props {
  entity: Entity
  answer: unknown
  onRefresh: () => void
}

/** What can be done with the entity; the rest of it in the menu, which `.` opens. */
export function EntityActions({ entity, answer, onRefresh }: Props) {
  const ref = refOf(entity)
  const box = useRef<HTMLDivElement>(null)
  const [leaving, setLeaving] = useState(false)
  const [editing, setEditing] = useState<'fields' | 'file'>()
  const copy = (text: string) => {
    void copyText(text).then((done) => {
      say(done ? `Copied ${text}` : `The browser refused to copy. It is ${text}`)
    })
  }
  useHotkeys({
    e: () => {
      setEditing('fields')
    },
    '.': () => {
      box.current?.querySelector<HTMLElement>('[aria-haspopup=menu]')?.click()
    },
  })
  return (
    <div className={css['acts']} ref={box}>
      <span className="wide">
        <CopyRef entityRef={ref} />
      </span>
      <StarButton entityRef={ref} name={titleOf(entity)} />
      {waysOut(entity).map((way) => (
        <span key={way.href} className={`${css['way'] ?? ''} wide`}>
          <Way way={way} />
        </span>
      ))}
      <span className={css['more']}>
        <MenuButton
          holds="menu"
          label={`Actions for ${titleOf(entity)}`}
          aria-label="More actions"
          aria-keyshortcuts="."
          title="More actions"
          content={(opener) => (
            <ActionsMenu
              {...opener}
              entity={entity}
              answer={answer}
              onCopy={copy}
              onRefresh={onRefresh}
              onEdit={() => {
                setEditing('fields')
              }}
              onPropose={() => {
                setEditing('file')
              }}
              onUnregister={() => {
                setLeaving(true)
              }}
            />
          )}
        >
          <Icon of={Ellipsis} />
        </MenuButton>
      </span>
      {editing && (
        <Suspense>
          <EditFields
            entity={entity}
            proposes={editing === 'file'}
            onClose={() => {
              setEditing(undefined)
            }}
          />
        </Suspense>
      )}
      {leaving && (
        <Suspense>
          <Unregister
            entity={entity}
            onClose={() => {
              setLeaving(false)
            }}
          />
        </Suspense>
      )}
    </div>
  )
}

function Way({ way: { href, label, mail } }: { way: WayOut }) {
  if (mail)
    return (
      <AnchorButton href={href} title={href.replace('mailto:', '')} leftSection={<Icon of={Mail} size={14} />}>
        {label}
      </AnchorButton>
    )
  return (
    <OutButton href={href} title={href} rightSection={<Icon of={ArrowUpRight} size={14} />}>
      <span className="cut">{label}</span>
    </OutButton>
  )
}

function CopyRef({ entityRef }: { entityRef: string }) {
  const [done, setDone] = useState(false)
  const copy = async () => {
    if (!(await copyText(entityRef))) {
      say(`The browser refused to copy. The ref is ${entityRef}`)
      return
    }
    setDone(true)
    say(`Copied ${entityRef}`)
    setTimeout(() => {
      setDone(false)
    }, 2000)
  }
  useHotkeys({ y: () => void copy() })
  return (
    <IconButton label="Copy ref" aria-keyshortcuts="y" onClick={() => void copy()}>
      <Icon of={done ? Check : Copy} />
    </IconButton>
  )
}
