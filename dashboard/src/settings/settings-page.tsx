import type { ReactNode } from 'react'
import { Redirect, Route, Switch } from 'wouter'
import { useIsAdmin } from '../platform/permissions.ts'
import { OrganizationPart } from './organization-part.tsx'
import { OrganizationsPart } from './organizations-part.tsx'
import { PlatformPart } from './platform-part.tsx'
import { UsersPart } from './users-part.tsx'
import './settings.css'

/** Settings of the organization; for administrators also those of the platform. */
export function SettingsPage(): ReactNode {
  const isAdmin = useIsAdmin()
  return (
    <Switch>
      <Route path="/settings/platform" component={PlatformPart} />
      {isAdmin && <Route path="/settings/users" component={UsersPart} />}
      {isAdmin && <Route path="/settings/organizations" component={OrganizationsPart} />}
      <Route path="/settings" component={OrganizationPart} />
      <Route>
        <Redirect to="/settings" replace />
      </Route>
    </Switch>
  )
}
