import { useState } from 'react'
import type { NewToken, TokenList } from '../../lib/portico.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { ErrorStrip } from '../../ui/strip.tsx'
import type { MakeToken } from './api.ts'
import { Secret } from './secret.tsx'
import { DaysField, ScopeFields } from './token-fields.tsx'
import css from './you.module.css'

interface Props {
  title: string
  /** What the name is for, under its field. */
  hint: string
  list: TokenList
  make: MakeToken
  onClose: () => void
}

/** Asks what a token is for, and shows it once. */
export function TokenDialog({ title, hint, list, make, onClose }: Props) {
  if (make.data) return <SecretDialog token={make.data} onClose={onClose} />
  return (
    <Dialog title={title} onClose={onClose}>
      <Form hint={hint} list={list} make={make} />
    </Dialog>
  )
}

/** The one time that a secret is on a page. */
export function SecretDialog({ token, onClose }: { token: NewToken; onClose: () => void }) {
  return (
    <Dialog title={`The token ${token.name}`} size={560} firm onClose={onClose}>
      <p className="muted">
        Copy it now: this is the only time that it is shown. The portal keeps no copy, and whoever has it may do what it
        may do.
      </p>
      <Secret text={token.token} name={`The token ${token.name}`} />
      <div className={css['foot']}>
        <Button variant="filled" onClick={onClose}>
          I have copied it
        </Button>
      </div>
    </Dialog>
  )
}

function Form({ hint, list, make }: Pick<Props, 'hint' | 'list' | 'make'>) {
  const [name, setName] = useState('')
  const [scopes, setScopes] = useState(['catalog:read'].filter((s) => list.scopes.some(({ name: n }) => n === s)))
  const [days, setDays] = useState(list.defaultDays)
  const [asked, setAsked] = useState(false)
  return (
    <form
      className={css['form']}
      onSubmit={(e) => {
        e.preventDefault()
        setAsked(true)
        if (scopes.length > 0 && name.trim() !== '') make.mutate({ name, scopes, days })
      }}
    >
      <label className={css['field']}>
        <span>Name</span>
        <input
          required
          maxLength={100}
          pattern=".*\S.*"
          title="A name that is more than spaces"
          value={name}
          autoComplete="off"
          data-autofocus
          onChange={(e) => {
            setName(e.target.value)
          }}
        />
        <span className="quiet small">{hint}</span>
      </label>
      <ScopeFields
        scopes={list.scopes}
        withheld={list.withheld}
        chosen={scopes}
        needed={asked && scopes.length === 0}
        onChange={setScopes}
      />
      <DaysField days={days} usual={list.defaultDays} most={list.maxDays} onChange={setDays} />
      {make.error && <ErrorStrip error={make.error} what="No token was made." />}
      <div className={css['foot']}>
        <Button type="submit" variant="filled" disabled={make.isPending}>
          Make the token
        </Button>
      </div>
    </form>
  )
}
