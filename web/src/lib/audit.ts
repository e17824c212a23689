/** One line of the audit log. `detail` is what the action says beside the rest. */
export interface AuditRecord {
  seq: number
  at: string
  actor: string
  principal: string
  action: string
  target: string
  outcome: 'allowed' | 'denied'
  status?: number
  detail: Record<string, unknown>
  requestId: string
  address: string
  prev: string
  digest: string
}

export interface AuditPage {
  items: AuditRecord[]
  nextCursor: string | null
}

export interface AuditStatus {
  ok: boolean
  /** How many were looked at and hold. */
  records: number
  /** The oldest that is kept; 0 where there is none. */
  first: number
  verifiedUpTo: number
  verifiedAt: string
  digest: string
  /** `<verifiedUpTo>:<digest>`, as `portico audit verify --expect` takes it. */
  head: string
  /** No record says that what was before the first expired. */
  beginsOnTrust: boolean
  broken: { seq: number; problem: string; message: string } | null
  /** How long records are kept. */
  retentionSeconds: number
}
