import { DaytonaError } from '@sandyard/sdk'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import './design/base.css'
import './design/controls.css'
import './design/overlays.css'
import './design/parts.css'
import { applyTheme, readTheme } from './design/theme.ts'
import { issuerFault } from './session/issuer-fault.ts'
import { createSessionKeeper } from './session/keeper.ts'
import { takePlace } from './session/place-to-return.ts'

applyTheme(readTheme())

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // The platform may be this machine, or beside it: what the browser thinks of the internet says nothing about it.
      networkMode: 'always',
      // Events tell what changes; what is read again when a window comes to the front is what they do not tell.
      staleTime: 30_000,
      retry: (failures, error) => failures < 3 && !isFinal(error),
    },
  },
})

/** True for what is the same however often it is asked. */
function isFinal(error: Error): boolean {
  const { statusCode = 0 } = error instanceof DaytonaError ? error : {}
  return statusCode >= 400 && statusCode < 500 && statusCode !== 429
}

const keeper = createSessionKeeper()
// The next user of this browser sees nothing of the one before. Not in an effect: what the sign-in page reads would go too.
keeper.subscribe(() => {
  if (keeper.state().kind === 'out') queries.clear()
})
// Of the first start, of an administrator, or of a sign-in by OIDC, after which there is no password to choose.
const [, link = null, mayChoose] = /^#login-token=(login_[0-9a-f]+)(&choose-password)?$/.exec(location.hash) ?? []
const [, fault = null] = /^#sign-in-fault=([A-Z_]+)$/.exec(location.hash) ?? []
// It is good for nothing afterwards, and shall not stay in the history.
if (link !== null || fault !== null) history.replaceState(null, '', takePlace() ?? location.pathname)
void keeper.begin(
  link === null ? null : { token: link, mayChoosePassword: mayChoose !== undefined },
  fault === null ? null : issuerFault(fault),
)

addEventListener('vite:preloadError', () => void reloadIfUpdated())

/**
 * A part of the page that is loaded only now did not come. When the platform was updated meanwhile it is gone, and the page
 * is loaded anew; when the platform cannot be reached, the page stays and says so.
 */
async function reloadIfUpdated(): Promise<void> {
  const own = document.querySelector<HTMLScriptElement>('script[src]')?.getAttribute('src') ?? ''
  const now = await fetch('/dashboard/', { cache: 'no-store' })
    .then((answer) => (answer.ok ? answer.text() : null))
    .catch(() => null)
  if (now !== null && !now.includes(own)) location.reload()
}

const root = document.getElementById('root')
if (root === null) throw new Error('The page has no root')
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <App keeper={keeper} />
    </QueryClientProvider>
  </StrictMode>,
)
