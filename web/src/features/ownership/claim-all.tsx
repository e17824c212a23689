import { Flag } from 'lucide-react'
import { useState } from 'react'
import { allowed, useSession } from '../../lib/session.ts'
import { useMyTeams } from '../../lib/my-teams.ts'
import { useName } from '../../lib/summaries.ts'
import { number } from '../../lib/words.ts'
import { ActionButton } from '../../ui/action.tsx'
import { Icon } from '../../ui/icon.tsx'
import { ErrorStrip } from '../../ui/strip.tsx'
import { useClaim, type Result } from './api.ts'
import { ClaimDialog, ClaimResults } from './chunks.ts'

const MAY = 'ownership.claim.create'

interface Props {
  refs: string[]
  /** They in words: "3 services". */
  what: string
  /** What is wrong stands in it. */
  failedClass: string | undefined
}

/** Claims many for a team, tells how far it is, and then what came of each. */
export function ClaimAll({ refs, what, failedClass }: Props) {
  const teams = useMyTeams()
  const any = allowed(useSession(), MAY)
  const [asking, setAsking] = useState(false)
  const [done, setDone] = useState(0)
  const [came, setCame] = useState<Result[]>()
  const claim = useClaim(setDone)
  const first = useName(refs[0] ?? 'component:default/none')
  const sent = claim.variables?.refs.length ?? 0
  return (
    <>
      <ActionButton
        may={MAY}
        answer={claim.error}
        size="xs"
        variant="subtle"
        leftSection={<Icon of={Flag} size={14} />}
        disabled={claim.isPending}
        onClick={() => {
          setAsking(true)
        }}
      >
        {claim.isPending ? `Claimed ${number(done)} of ${number(sent)}` : 'Claim'}
      </ActionButton>
      {claim.error && (
        <div className={failedClass}>
          <ErrorStrip
            error={claim.error}
            what={done === 0 ? 'Nothing was claimed.' : `Only the first ${number(done)} were claimed.`}
            kept="Your selection is kept."
          />
        </div>
      )}
      {asking && (
        <ClaimDialog
          what={refs.length === 1 ? first : what}
          teams={teams}
          any={any}
          onClose={() => {
            setAsking(false)
          }}
          onSend={(owner) => {
            setAsking(false)
            setDone(0)
            claim.mutate(
              { refs, owner },
              {
                onSuccess: ({ results }) => {
                  setCame(results)
                },
              },
            )
          }}
        />
      )}
      {came && (
        <ClaimResults
          results={came}
          onClose={() => {
            setCame(undefined)
          }}
        />
      )}
    </>
  )
}
