import { useQuery } from '@tanstack/react-query'
import { Plus, X } from 'lucide-react'
import { useEffect, useId, useRef, useState } from 'react'
import { isApiError } from '../../lib/api-error.ts'
import { refOf, titleOf, type Entity } from '../../lib/entity.ts'
import { later } from '../../lib/later.tsx'
import { useMyTeams } from '../../lib/my-teams.ts'
import { ActionButton } from '../../ui/action.tsx'
import { RowBones } from '../../ui/bones.tsx'
import { Button, IconButton } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Icon } from '../../ui/icon.tsx'
import { ErrorStrip } from '../../ui/strip.tsx'
import { say } from '../../ui/toast.tsx'
import { findQuery } from '../finder/finder-query.ts'
import { Source } from './fact.tsx'
import {
  changesOf,
  draftOf,
  factsOf,
  faultOf,
  isList,
  provenanceQuery,
  useSetFields,
  words,
  type Draft,
  type Link,
  type Provenance,
} from './provenance.ts'
import css from './fact.module.css'

interface Props {
  entity: Entity
  /** The field that has the keyboard first. */
  begin?: string
  /** It begins with what would be sent to its file. */
  proposes?: boolean
  onClose: () => void
}

const Propose = later(() => import('./propose.tsx'), 'Propose')

/** Sets fields of an entity in the portal, and says of each where it comes from and what setting it does. */
export function EditFields({ entity, begin, proposes = false, onClose }: Props) {
  const { data, error, refetch } = useQuery(provenanceQuery(refOf(entity)))
  const [dirty, setDirty] = useState(false)
  const [proposing, setProposing] = useState(proposes)
  if (proposing) return <Propose entity={entity} onClose={onClose} />
  return (
    <Dialog title={`Edit ${titleOf(entity)}`} size={620} firm={dirty} onClose={onClose}>
      {error && !data ? (
        <ErrorStrip error={error} what="Its fields did not load." onRetry={() => void refetch()} />
      ) : data ? (
        <Form
          entity={entity}
          provenance={data}
          begin={begin}
          onDirty={setDirty}
          onPropose={() => {
            setProposing(true)
          }}
          onClose={onClose}
        />
      ) : (
        <RowBones rows={8} />
      )}
    </Dialog>
  )
}

function Form({
  entity,
  provenance,
  begin,
  onDirty,
  onPropose,
  onClose,
}: {
  entity: Entity
  provenance: Provenance
  begin: string | undefined
  onDirty: (dirty: boolean) => void
  onPropose: () => void
  onClose: () => void
}) {
  const ref = refOf(entity)
  const [before] = useState(() => draftOf(provenance))
  const [draft, setDraft] = useState<Draft>(before)
  const set = useSetFields(ref)
  const form = useRef<HTMLFormElement>(null)
  const changes = changesOf(before, draft)
  const fault = isApiError(set.error) ? faultOf(set.error.message, provenance.settable) : undefined
  const wrong = fault?.path
  useEffect(() => {
    if (wrong) form.current?.querySelector<HTMLElement>(`[data-path="${wrong}"]`)?.focus()
  }, [wrong, set.submittedAt])

  const save = () => {
    if (Object.keys(changes).length === 0) {
      onClose()
      return
    }
    set.mutate(changes, {
      onSuccess: (answer) => {
        const beaten = Object.keys(changes).filter(
          (path) => !isList(path) && answer && factsOf(answer.fields, path)[0]?.layer === 'declared',
        )
        say(
          beaten.length === 0
            ? `${titleOf(entity)} is changed.`
            : `Kept. Its file declares the ${beaten.map((p) => words[p]?.toLowerCase()).join(' and the ')}, and that is shown.`,
        )
        onClose()
      },
    })
  }
  return (
    <form
      ref={form}
      className={css['form']}
      onSubmit={(event) => {
        event.preventDefault()
        save()
      }}
    >
      <div className={css['fields']}>
        {provenance.settable.map((path) => (
          <Field
            key={path}
            path={path}
            provenance={provenance}
            draft={draft}
            first={path === (begin ?? provenance.settable[0])}
            wrong={fault?.path === path ? fault.says : undefined}
            onChange={(next) => {
              setDraft(next)
              onDirty(Object.keys(changesOf(before, next)).length > 0)
            }}
          />
        ))}
      </div>
      {set.error && !fault && <ErrorStrip error={set.error} what="Nothing was changed." />}
      <div className={css['foot']}>
        <p className="quiet small grow">
          Kept in the portal, with your name and the date. No file is changed
          {Object.keys(changes).length > 0 ? (
            '.'
          ) : (
            <>
              {': '}
              <button type="button" className="link" onClick={onPropose}>
                send it as a pull request
              </button>{' '}
              when you are done.
            </>
          )}
        </p>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <ActionButton may="catalog.entity.edit" on={ref} answer={set.error} type="submit" disabled={set.isPending}>
          {set.isPending ? 'Saving…' : 'Save'}
        </ActionButton>
      </div>
    </form>
  )
}

function Field({
  path,
  provenance,
  draft,
  first: begins,
  wrong,
  onChange,
}: {
  path: string
  provenance: Provenance
  draft: Draft
  /** The dialog gives it the keyboard. */
  first: boolean
  wrong: string | undefined
  onChange: (draft: Draft) => void
}) {
  const id = useId()
  const facts = factsOf(provenance.fields, path)
  const [first] = facts
  const declared = facts.filter((f) => f.layer === 'declared')
  const text = isList(path) ? draft.tags : (draft.texts[path] ?? '')
  const setText = (value: string) => {
    onChange(
      path === 'metadata.tags' ? { ...draft, tags: value } : { ...draft, texts: { ...draft.texts, [path]: value } },
    )
  }
  const control = {
    id,
    'data-path': path,
    'data-autofocus': begins || undefined,
    value: text,
    'aria-invalid': wrong ? true : undefined,
    'aria-describedby': `${id}-from`,
    onChange: (event: { target: { value: string } }) => {
      setText(event.target.value)
    },
  }
  return (
    <div
      className={css['field']}
      role={path === 'metadata.links' ? 'group' : undefined}
      aria-label={path === 'metadata.links' ? 'Links' : undefined}
    >
      {path === 'metadata.links' ? (
        <>
          <span>Links</span>
          <Links
            links={draft.links}
            onChange={(links) => {
              onChange({ ...draft, links })
            }}
          />
        </>
      ) : (
        <>
          <label htmlFor={id}>{words[path]}</label>
          {path === 'metadata.description' ? (
            <textarea rows={3} {...control} />
          ) : (
            <input
              autoComplete="off"
              placeholder={placeholders[path]}
              {...(path === 'spec.lifecycle'
                ? { list: 'lifecycles' }
                : path === 'spec.owner'
                  ? { list: `${id}-teams` }
                  : {})}
              {...control}
            />
          )}
          {path === 'spec.owner' && <Teams id={`${id}-teams`} term={text} />}
          {path === 'spec.lifecycle' && (
            <datalist id="lifecycles">
              <option value="experimental" />
              <option value="production" />
              <option value="deprecated" />
            </datalist>
          )}
        </>
      )}
      {wrong && (
        <p role="alert" className={`${css['wrong'] ?? ''} small`}>
          {wrong}
        </p>
      )}
      <div id={`${id}-from`} className="quiet small">
        {isList(path) ? (
          declared.length > 0 && (
            <p>
              {declared.map((f) => (path === 'metadata.tags' ? String(f.value) : (f.value as Link).url)).join(', ')}{' '}
              {declared.length === 1 ? 'stands' : 'stand'} in its file, and can be taken away only there.
            </p>
          )
        ) : first ? (
          <>
            {first.layer === 'declared' && (
              <p>
                Its file says <b>{String(first.value)}</b>. That is shown as long as it stands there; what you set is
                kept beside it.
              </p>
            )}
            <Source fact={first} />
          </>
        ) : null}
      </div>
    </div>
  )
}

/** Teams and people who are called like what is being written. */
function Teams({ id, term }: { id: string; term: string }) {
  const mine = useMyTeams()
  const { data } = useQuery(findQuery({ term: term.trim().replace(/^.*[:/]/, ''), scope: 'people' }, mine))
  return (
    <datalist id={id}>
      {data?.hits.slice(0, 10).map((hit) => (
        <option key={hit.ref} value={hit.ref}>
          {hit.title}
        </option>
      ))}
    </datalist>
  )
}

const placeholders: Record<string, string> = {
  'metadata.tags': 'java, payments',
  'spec.owner': 'group:default/team-a',
  'spec.system': 'shop',
}

function Links({ links, onChange }: { links: Link[]; onChange: (links: Link[]) => void }) {
  const change = (i: number, part: Partial<Link>) => {
    onChange(links.map((l, at) => (at === i ? { ...l, ...part } : l)))
  }
  return (
    <>
      {links.map((link, i) => (
        <div key={i} className={css['pair']}>
          <input
            data-path={i === 0 ? 'metadata.links' : undefined}
            aria-label={`Address of link ${String(i + 1)}`}
            placeholder="https://…"
            value={link.url}
            onChange={(event) => {
              change(i, { url: event.target.value })
            }}
          />
          <input
            aria-label={`Title of link ${String(i + 1)}`}
            placeholder="Title"
            value={link.title ?? ''}
            onChange={(event) => {
              change(i, { title: event.target.value })
            }}
          />
          <IconButton
            type="button"
            label={`Remove link ${String(i + 1)}`}
            onClick={() => {
              onChange(links.filter((_, at) => at !== i))
            }}
          >
            <Icon of={X} />
          </IconButton>
        </div>
      ))}
      <div>
        <Button
          type="button"
          size="xs"
          variant="default"
          leftSection={<Icon of={Plus} size={14} />}
          onClick={() => {
            onChange([...links, { url: '' }])
          }}
        >
          Add a link
        </Button>
      </div>
    </>
  )
}
