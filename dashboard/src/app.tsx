import { Compass } from 'lucide-react'
import { type ReactNode, useEffect, useSyncExternalStore } from 'react'
import { Link, Redirect, Route, Router, Switch, useLocation, useSearch } from 'wouter'
import { Failure } from './design/notes.tsx'
import { Toasts } from './design/toasts.tsx'
import { FaultBoundary } from './frame/fault-boundary.tsx'
import { Layout } from './frame/layout.tsx'
import { loadAhead, pages, SandboxPage } from './pages.tsx'
import { PlatformProvider } from './platform/platform.tsx'
import { SandboxesPage } from './sandboxes/sandboxes-page.tsx'
import { ChoosePasswordPage } from './session/choose-password-page.tsx'
import type { SessionKeeper } from './session/keeper.ts'
import { SignInPage } from './session/sign-in-page.tsx'

/** Everything below the root: who is signed in decides what is shown. */
export function App({ keeper }: { keeper: SessionKeeper }): ReactNode {
  const state = useSyncExternalStore(keeper.subscribe, keeper.state)
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
  useLoadAhead()
  return (
    <FaultBoundary key={location.split('/')[1]}>
      <Pages />
    </FaultBoundary>
  )
}

/** ms without which nothing is loaded ahead: the first page comes first */
const idleMs = 1000

/** Loads pages before they are visited: what is pointed at, where a new sandbox leads, and any sandbox in time. */
function useLoadAhead(): void {
  const isCreating = new URLSearchParams(useSearch()).has('create')
  useEffect(() => {
    if (isCreating) loadAhead('/sandboxes/new/terminal')
  }, [isCreating])
  useEffect(() => {
    const timer = setTimeout(() => loadAhead('/sandboxes/any'), idleMs)
    const onPoint = ({ target }: Event): void => {
      const link = target instanceof Element ? target.closest('a') : null
      if (link?.pathname.startsWith('/dashboard/')) loadAhead(link.pathname.slice('/dashboard'.length))
    }
    document.addEventListener('pointerover', onPoint)
    document.addEventListener('focusin', onPoint)
    return () => {
      clearTimeout(timer)
      document.removeEventListener('pointerover', onPoint)
      document.removeEventListener('focusin', onPoint)
    }
  }, [])
}

/** A page for each path; a new one is a line in `pages.tsx` and one in `frame/places.ts`. */
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
