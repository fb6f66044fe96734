import type { ReactNode } from 'react'
import { Route, Switch } from 'wouter'
import { InvitationsPart } from './invitations-part.tsx'
import { MembersPart } from './members-part.tsx'
import { RolesPart } from './roles-part.tsx'
import './members.css'

/** Who is in the organization, who is invited, and what they may do. */
export function MembersPage(): ReactNode {
  return (
    <Switch>
      <Route path="/members/invitations" component={InvitationsPart} />
      <Route path="/members/roles" component={RolesPart} />
      <Route component={MembersPart} />
    </Switch>
  )
}
