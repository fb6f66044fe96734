/**
 * Somebody may do less than before: a key or a session has ended, a member has gone or lost a role, an organization is
 * suspended or deleted. Sent after the store has it; who has something open is asked again who they are.
 */
export interface AccessChange {
  /** only this user is concerned; absent: everybody in the organization */
  readonly userId?: string
  /** only this organization is concerned; absent: all of the user's */
  readonly organizationId?: string
}
