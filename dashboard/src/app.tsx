import { useQueryClient } from '@tanstack/react-query'
import { Compass } from 'lucide-react'
import { type ComponentType, lazy, type ReactNode, Suspense, useEffect, useSyncExternalStore } from 'react'
import { Link, Redirect, Route, Router, Switch, useLocation } from 'wouter'
import { Failure } from './design/notes.tsx'
import { WaitingPage } from './design/page.tsx'
import { Toasts } from './design/toasts.tsx'
import { FaultBoundary } from './frame/fault-boundary.tsx'
import { Layout } from './frame/layout.tsx'
import { PlatformProvider } from './platform/platform.tsx'
import { SandboxesPage } from './sandboxes/sandboxes-page.tsx'
import { ChoosePasswordPage } from './session/choose-password-page.tsx'
import type { SessionKeeper } from './session/keeper.ts'
import { SignInPage } from './session/sign-in-page.tsx'

const SandboxPage = lazy(() => import('./sandbox/sandbox-page.tsx').then((file) => ({ default: file.SandboxPage })))

/** Pages by the beginning of their path, each in a file of its own; what follows in the path is theirs. */
const pages: Readonly<Record<string, ComponentType>> = {
  '/previews': lazy(() => import('./previews/previews-page.tsx').then((file) => ({ default: file.PreviewsPage }))),
  '/playground': lazy(() =>
    import('./playground/playground-page.tsx').then((file) => ({ default: file.PlaygroundPage })),
  ),
  '/snapshots': lazy(() => import('./snapshots/snapshots-page.tsx').then((file) => ({ default: file.SnapshotsPage }))),
  '/registries': lazy(() =>
    import('./registries/registries-page.tsx').then((file) => ({ default: file.RegistriesPage })),
  ),
  '/volumes': lazy(() => import('./volumes/volumes-page.tsx').then((file) => ({ default: file.VolumesPage }))),
  '/secrets': lazy(() => import('./secrets/secrets-page.tsx').then((file) => ({ default: file.SecretsPage }))),
  '/warm-pools': lazy(() =>
    import('./warm-pools/warm-pools-page.tsx').then((file) => ({ default: file.WarmPoolsPage })),
  ),
  '/keys': lazy(() => import('./keys/keys-page.tsx').then((file) => ({ default: file.KeysPage }))),
  '/members': lazy(() => import('./members/members-page.tsx').then((file) => ({ default: file.MembersPage }))),
  '/limits': lazy(() => import('./limits/limits-page.tsx').then((file) => ({ default: file.LimitsPage }))),
  '/webhooks': lazy(() => import('./webhooks/webhooks-page.tsx').then((file) => ({ default: file.WebhooksPage }))),
  '/audit': lazy(() => import('./audit/audit-page.tsx').then((file) => ({ default: file.AuditPage }))),
  '/regions': lazy(() => import('./regions/regions-page.tsx').then((file) => ({ default: file.RegionsPage }))),
  '/settings': lazy(() => import('./settings/settings-page.tsx').then((file) => ({ default: file.SettingsPage }))),
  '/onboarding': lazy(() =>
    import('./onboarding/onboarding-page.tsx').then((file) => ({ default: file.OnboardingPage })),
  ),
  '/account': lazy(() => import('./account/account-page.tsx').then((file) => ({ default: file.AccountPage }))),
}

/** Everything below the root: who is signed in decides what is shown. */
export function App({ keeper }: { keeper: SessionKeeper }): ReactNode {
  const state = useSyncExternalStore(keeper.subscribe, keeper.state)
  const queries = useQueryClient()
  useEffect(() => {
    // The next user of this browser sees nothing of the one before.
    if (state.kind === 'out') queries.clear()
  }, [state.kind, queries])

  switch (state.kind) {
    case 'loading':
      return null
    case 'unreachable':
      return (
        <Failure
          what="The platform does not answer"
          error={new Error('It may be starting, or this machine has no way to it')}
          onRetry={() => void keeper.begin(null)}
        />
      )
    case 'out':
      return <SignInPage keeper={keeper} fault={state.fault} hasEnded={state.hasEnded} />
    case 'in':
      if (state.mayChoosePassword) return <ChoosePasswordPage keeper={keeper} user={state.session.user} />
      return (
        <Toasts>
          <PlatformProvider
            keeper={keeper}
            session={state.session}
            whileLoading={null}
            onFailure={(error, retry) => (
              <Failure what="Your organizations could not be read" error={error} onRetry={retry} />
            )}
          >
            <Router base="/dashboard">
              <Layout>
                <Shown />
              </Layout>
            </Router>
          </PlatformProvider>
        </Toasts>
      )
  }
}

/** The page of the path. One that has failed does so alone: the next place is shown again. */
function Shown(): ReactNode {
  const [location] = useLocation()
  return (
    <FaultBoundary key={location.split('/')[1]}>
      <Suspense fallback={<WaitingPage />}>
        <Pages />
      </Suspense>
    </FaultBoundary>
  )
}

/** A page for each path; a new one is a line in `pages` and one in `frame/places.ts`. */
function Pages(): ReactNode {
  return (
    <Switch>
      <Route path="/">
        <Redirect to="/sandboxes" replace />
      </Route>
      <Route path="/sandboxes">
        <SandboxesPage />
      </Route>
      <Route path="/sandboxes/:id/:tab?">
        {({ id, tab }) => <SandboxPage key={id} id={id} tab={tab ?? 'overview'} />}
      </Route>
      {Object.entries(pages).map(([path, page]) => (
        <Route key={path} path={`${path}/*?`} component={page} />
      ))}
      <Route>
        <div className="empty">
          <Compass aria-hidden />
          <h1>There is no such page</h1>
          <Link href="/sandboxes">To your sandboxes</Link>
        </div>
      </Route>
    </Switch>
  )
}
