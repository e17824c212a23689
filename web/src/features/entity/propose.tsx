import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { ArrowUpRight, Check, Copy } from 'lucide-react'
import { useId, useState } from 'react'
import { copyText } from '../../lib/clipboard.ts'
import { refOf, titleOf, type Entity } from '../../lib/entity.ts'
import { httpUrl } from '../../lib/url.ts'
import { count } from '../../lib/words.ts'
import { ActionButton } from '../../ui/action.tsx'
import { RowBones } from '../../ui/bones.tsx'
import { Button, OutButton } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Icon } from '../../ui/icon.tsx'
import { ErrorStrip, Strip } from '../../ui/strip.tsx'
import { say } from '../../ui/toast.tsx'
import { ComparedField } from './compared-field.tsx'
import { around, previewQuery, useOpenProposal, whatItDoes, type Preview } from './proposal.ts'
import type { Proposal } from './provenance.ts'
import lines from './comparison.module.css'
import css from './fact.module.css'

/** Shows what the portal would write into the file of an entity, and sends it to the repository as a pull request. */
export function Propose({ entity, onClose }: { entity: Entity; onClose: () => void }) {
  const ref = refOf(entity)
  const [apis, setApis] = useState(true)
  const { data, error, refetch, isPlaceholderData } = useQuery({
    ...previewQuery(ref, apis),
    placeholderData: keepPreviousData,
  })
  const open = useOpenProposal(ref)
  return (
    <Dialog title={`Propose ${titleOf(entity)} to its file`} size={760} onClose={onClose}>
      {open.data ? (
        <Opened proposal={open.data} existing={open.data.existing} onClose={onClose} />
      ) : error ? (
        <div className={css['form']}>
          <ErrorStrip error={error} what="Nothing can be sent." onRetry={() => void refetch()} />
          <div className={css['foot']}>
            <Button variant="default" onClick={onClose}>
              Close
            </Button>
          </div>
        </div>
      ) : data ? (
        <What
          entityRef={ref}
          preview={data}
          waits={isPlaceholderData}
          apis={apis}
          onApis={setApis}
          open={open}
          onClose={onClose}
        />
      ) : (
        <RowBones rows={10} />
      )}
    </Dialog>
  )
}

interface WhatProps {
  entityRef: string
  preview: Preview
  /** What is shown is not what was asked for yet. */
  waits: boolean
  apis: boolean
  onApis: (apis: boolean) => void
  open: ReturnType<typeof useOpenProposal>
  onClose: () => void
}

function What({ entityRef, preview, waits, apis, onApis, open, onClose }: WhatProps) {
  const id = useId()
  const [note, setNote] = useState('')
  const [before, after] = around(preview.before, preview.after)
  const also = preview.also?.length ?? 0
  const declares = preview.isNew || preview.adds
  return (
    <form
      className={css['form']}
      onSubmit={(event) => {
        event.preventDefault()
        open.mutate({ note, apis })
      }}
    >
      <p className={css['text']}>
        {whatItDoes(preview)} <span className="mono">{preview.path}</span>
        {preview.repository && (
          <>
            {' of '}
            <b>{preview.repository}</b>, for its branch <span className="mono">{preview.base}</span>
          </>
        )}
        . {declares ? 'It declares what is shown now, seen or set.' : 'All else in it stays, comments too.'}
      </p>
      {preview.why && <Strip shape="warn">{preview.why}</Strip>}
      <div
        className={`${lines['fields'] ?? ''} ${css['diff'] ?? ''}`}
        data-view="unified"
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls is reachable by keyboard
        tabIndex={0}
        role="region"
        aria-label="What changes"
      >
        <ComparedField field={{ path: preview.path, ...(preview.isNew ? {} : { from: before }), to: after }} />
      </div>
      {declares && (also > 0 || !apis) && (
        <label className={css['check']}>
          <input
            type="checkbox"
            checked={apis}
            onChange={(event) => {
              onApis(event.target.checked)
            }}
          />
          With {also > 0 ? `the ${count(also, 'API', 'APIs')} that it provides` : 'the APIs that it provides'}
        </label>
      )}
      {!preview.why && (
        <div className={css['field']}>
          <label htmlFor={id}>A word to who reviews it</label>
          <textarea
            id={id}
            rows={2}
            maxLength={1000}
            value={note}
            onChange={(event) => {
              setNote(event.target.value)
            }}
          />
        </div>
      )}
      {open.error && <ErrorStrip error={open.error} what="No pull request was opened." />}
      <div className={css['foot']}>
        <CopyFile text={preview.after} main={preview.why !== undefined} />
        <span className="grow" />
        <Button variant="default" onClick={onClose}>
          {preview.why ? 'Close' : 'Cancel'}
        </Button>
        {!preview.why && (
          <ActionButton
            may="catalog.entity.edit"
            on={entityRef}
            answer={open.error}
            variant="filled"
            type="submit"
            disabled={open.isPending || waits}
          >
            {open.isPending
              ? 'Sending…'
              : preview.open
                ? `Update pull request #${String(preview.open.number)}`
                : 'Open pull request'}
          </ActionButton>
        )}
      </div>
    </form>
  )
}

function CopyFile({ text, main }: { text: string; main: boolean }) {
  const [done, setDone] = useState(false)
  return (
    <Button
      variant={main ? 'filled' : 'default'}
      leftSection={<Icon of={done ? Check : Copy} size={14} />}
      onClick={() => {
        void copyText(text).then((copied) => {
          setDone(copied)
          say(copied ? 'Copied the file.' : 'The browser refused to copy. Mark the lines and copy them.')
        })
      }}
    >
      Copy the file
    </Button>
  )
}

function Opened({ proposal, existing, onClose }: { proposal: Proposal; existing: boolean; onClose: () => void }) {
  const url = httpUrl(proposal.url)
  return (
    <div className={css['form']}>
      <p role="status">
        <b>
          Pull request #{proposal.number} of {proposal.repository} is {existing ? 'up to date' : 'open'}.
        </b>{' '}
        Its page says so until the file has what it proposes.
      </p>
      <div className={css['foot']}>
        <span className="grow" />
        <Button variant="default" onClick={onClose}>
          Done
        </Button>
        {url && (
          <OutButton href={url} variant="filled" data-autofocus rightSection={<Icon of={ArrowUpRight} size={14} />}>
            See pull request #{proposal.number}
          </OutButton>
        )}
      </div>
    </div>
  )
}
