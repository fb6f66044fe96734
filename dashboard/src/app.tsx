import { useQueryClient } from '@tanstack/react-query'
import { Compass } from 'lucide-react'
import { lazy, type ReactNode, Suspense, useEffect, useSyncExternalStore } from 'react'
import { Link, Redirect, Route, Router, Switch } from 'wouter'
import { Failure } from './design/notes.tsx'
import { Toasts } from './design/toasts.tsx'
import { FaultBoundary } from './frame/fault-boundary.tsx'
import { Layout } from './frame/layout.tsx'
import { PlatformProvider } from './platform/platform.tsx'
import { SandboxesPage } from './sandboxes/sandboxes-page.tsx'
import { ChoosePasswordPage } from './session/choose-password-page.tsx'
import type { SessionKeeper } from './session/keeper.ts'
import { SignInPage } from './session/sign-in-page.tsx'

const SandboxPage = lazy(() => import('./sandbox/sandbox-page.tsx').then((file) => ({ default: file.SandboxPage })))

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
      return <SignInPage keeper={keeper} fault={state.fault} />
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
                <FaultBoundary>
                  <Suspense>
                    <Pages />
                  </Suspense>
                </FaultBoundary>
              </Layout>
            </Router>
          </PlatformProvider>
        </Toasts>
      )
  }
}

/** A page for each path; a new one is a line here and one in `frame/places.ts`. */
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
