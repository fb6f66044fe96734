/** `pending`: its owner has not been proven yet; `active`: it is served; `failed`: nobody looks for the proof any more. */
export type DomainState = 'pending' | 'active' | 'failed'

/** A domain of a user, attached to a port of a sandbox. */
export interface DomainTable {
  id: string
  organizationId: string
  sandboxId: string
  /** lower case, without a dot at the end */
  domain: string
  port: number
  /** what the TXT record must hold */
  proof: string
  state: DomainState
  /** the domain again while it is active, else null */
  activeDomain: string | null
  /** what is wrong, for people; null: nothing */
  reason: string | null
  /** checks since it became pending or was last proven */
  checks: number
  /** null: by itself no more */
  nextCheckAtMs: number | null
  checkedAtMs: number | null
  /** when the proof was last seen */
  provenAtMs: number | null
  createdAtMs: number
  updatedAtMs: number
}
