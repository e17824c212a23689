import { ArrowUpRight, Check, Code, Copy, Ellipsis, RotateCw } from 'lucide-react'
import { lazy, Suspense, useRef, useState } from 'react'
import { copyText } from '../../lib/clipboard.ts'
import { refOf, titleOf, type Entity, type EntityLink } from '../../lib/entity.ts'
import { useHotkeys } from '../../lib/hotkeys.ts'
import { page } from '../../lib/paths.ts'
import { httpUrl } from '../../lib/url.ts'
import { ActionButton } from '../../ui/action.tsx'
import { IconButton, LinkButton, OutButton } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { MenuButton } from '../../ui/menu-button.tsx'
import { StarButton } from '../../ui/star.tsx'
import { say } from '../../ui/toast.tsx'
import css from './entity.module.css'

const ActionsMenu = lazy(async () => ({ default: (await import('./actions-menu.tsx')).ActionsMenu }))
const Unregister = lazy(async () => ({ default: (await import('./unregister.tsx')).Unregister }))

interface Props {
  entity: Entity
  reading: boolean
  answer: unknown
  onRefresh: () => void
}

/** What can be done with the entity; the rest of it in the menu, which `.` opens. */
export function EntityActions({ entity, reading, answer, onRefresh }: Props) {
  const ref = refOf(entity)
  const box = useRef<HTMLDivElement>(null)
  const [leaving, setLeaving] = useState(false)
  const copy = (text: string) => {
    void copyText(text).then((done) => {
      say(done ? `Copied ${text}` : `The browser refused to copy. It is ${text}`)
    })
  }
  useHotkeys({
    '.': () => {
      box.current?.querySelector<HTMLElement>('[aria-haspopup=menu]')?.click()
    },
  })
  return (
    <div className={css['acts']} ref={box}>
      <CopyRef entityRef={ref} />
      <StarButton entityRef={ref} name={titleOf(entity)} />
      <ActionButton
        may="catalog.entity.refresh"
        on={ref}
        answer={answer}
        leftSection={<Icon of={RotateCw} size={14} />}
        onClick={onRefresh}
        aria-busy={reading}
      >
        {reading ? 'Reading' : 'Refresh'}
      </ActionButton>
      <span className="wide">
        <LinkButton to={page.entity(ref, 'source')} leftSection={<Icon of={Code} size={14} />}>
          Source
        </LinkButton>
      </span>
      {dashboards(entity).map((link) => (
        <span key={link.url} className={css['dash']}>
          <OutButton href={link.url} title={link.url} rightSection={<Icon of={ArrowUpRight} size={14} />}>
            <span className="cut">{link.title ?? 'Dashboard'}</span>
          </OutButton>
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
              onCopy={copy}
              onUnregister={() => {
                setLeaving(true)
              }}
            />
          )}
        >
          <Icon of={Ellipsis} />
        </MenuButton>
      </span>
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

const SHOWN = 1

/** The links that people open while it burns: dashboards, by type, icon or title. All links are in the rail. */
function dashboards(entity: Entity): EntityLink[] {
  const is = ({ type, icon, title }: EntityLink) => [type, icon, title].some((word) => /dashboard/i.test(word ?? ''))
  return (entity.metadata.links ?? []).filter((l) => httpUrl(l.url) && is(l)).slice(0, SHOWN)
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
