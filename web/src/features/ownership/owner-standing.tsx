import { keepPreviousData, useQuery, type QueryClient } from '@tanstack/react-query'
import { Check } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import { day, exact } from '../../lib/format.ts'
import { useNow } from '../../lib/now.ts'
import { page } from '../../lib/paths.ts'
import { useName } from '../../lib/summaries.ts'
import { Button } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Owner } from '../../ui/owner.tsx'
import { QuickLink } from '../../ui/quick-link.tsx'
import { errorSentence } from '../../ui/strip.tsx'
import { say } from '../../ui/toast.tsx'
import { ownershipQuery, useClaim, useDecide, type EntityOwnership } from './api.ts'
import { ClaimDialog } from './chunks.ts'
import css from './ownership.module.css'

/** What it begins with; nobody owns a team, a person or a location. */
export async function loadStanding(client: QueryClient, ref: string, owner: string | undefined): Promise<void> {
  if (!/^(group|user|location):/.test(ref)) await client.ensureQueryData(ownershipQuery(ref, owner))
}

interface Props {
  entityRef: string
  /** As the entity names it. */
  owner: string | undefined
  /** What the name of the owner is drawn within; the ways to answer and to claim stand outside of it. */
  shown?: (owner: ReactNode) => ReactNode
}

/** Who owns an entity and how sure that is: verified ✓ with the date, declared plain, inferred dotted ≈, none dashed with *Claim*. */
export function OwnerStanding({ entityRef, owner, shown = (name) => name }: Props) {
  const { data } = useQuery({ ...ownershipQuery(entityRef, owner), placeholderData: keepPreviousData })
  if (!data) return shown(<Owner owner={owner} />)
  const nobody = data.state === 'none'
  return (
    <span className={css['standing']} data-state={data.state}>
      {shown(<Owner owner={nobody && data.fault !== 'disputed' ? undefined : owner} />)}
      <State of={data} />
      <Ways of={data} />
    </span>
  )
}

function State({ of }: { of: EntityOwnership }) {
  const now = useNow()
  if (of.state === 'verified' && of.answer) {
    const { by, at, until } = of.answer
    return (
      <span
        className={css['verified']}
        title={`Confirmed by ${by} on ${exact(new Date(at))}; asked again on ${exact(new Date(until))}`}
      >
        <Icon of={Check} size={14} />
        verified {day(new Date(at), now)}
      </span>
    )
  }
  if (of.state === 'inferred')
    return (
      <span className={css['inferred']} title="It follows from the repository. Nobody has confirmed it.">
        inferred
      </span>
    )
  if (of.fault) return <span className={css['fault']}>{of.fault === 'unknown' ? '' : of.says}</span>
  return null
}

/** What whoever looks may do about it, here. */
function Ways({ of }: { of: EntityOwnership }) {
  const [claiming, setClaiming] = useState(false)
  const name = useName(of.ref)
  const decide = useDecide()
  const claim = useClaim()
  const open = of.claims.find((c) => c.state === 'open' && c.mayDecide)
  const may = of.claimFor.length > 0 || of.claimForAny
  const error = decide.error ?? claim.error
  const claimIt = (owner: string) => {
    setClaiming(false)
    claim.mutate(
      { refs: [of.ref], owner },
      {
        onSuccess: ({ results: [result] }) => {
          say(result?.claim?.state === 'open' ? 'Its owner is asked.' : `${name} is claimed.`)
        },
      },
    )
  }
  return (
    <>
      {open ? (
        <>
          <Button
            size="xs"
            disabled={decide.isPending}
            onClick={() => {
              decide.mutate({ claims: [open.id], decision: 'confirm' })
            }}
          >
            Confirm
          </Button>
          <QuickLink className="small muted" to={`${page.ownership}?scope=all&owner=${encodeURIComponent(open.asked)}`}>
            Evidence
          </QuickLink>
        </>
      ) : (
        may &&
        (of.state === 'none' || !of.resolves) && (
          <Button
            size="xs"
            disabled={claim.isPending}
            onClick={() => {
              setClaiming(true)
            }}
          >
            Claim
          </Button>
        )
      )}
      {error && (
        <span role="alert" className={css['failed']}>
          {errorSentence(error)}
        </span>
      )}
      {claiming && (
        <ClaimDialog
          what={name}
          teams={of.claimFor}
          any={of.claimForAny}
          onClose={() => {
            setClaiming(false)
          }}
          onSend={claimIt}
        />
      )}
    </>
  )
}
