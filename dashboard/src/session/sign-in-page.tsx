import { createClient } from '@sandyard/sdk'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, type ReactNode, useState } from 'react'
import { Note } from '../design/notes.tsx'
import { apiUrl, requestTimeoutMs } from '../platform/organizations.ts'
import { DoorFrame } from './door-frame.tsx'
import type { SessionKeeper } from './keeper.ts'
import { rememberPlace } from './place-to-return.ts'

/** Signing in by password, and at the OIDC issuer where the platform has one. */
export function SignInPage({
  keeper,
  fault,
  hasEnded,
}: {
  keeper: SessionKeeper
  fault: string | null
  hasEnded: boolean
}): ReactNode {
  const [wrong, setWrong] = useState(fault)
  const [isBusy, setBusy] = useState(false)
  const hasIssuer = useHasIssuer()

  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    setBusy(true)
    setWrong(null)
    try {
      await keeper.signIn({ login: String(form.get('login')), password: String(form.get('password')) })
    } catch (error) {
      setWrong(error instanceof TypeError ? 'The platform does not answer' : (error as Error).message)
      setBusy(false)
    }
  }

  return (
    <DoorFrame title="Sign in">
      <div className="head">
        <h1>Sign in</h1>
        {!(hasEnded || hasIssuer || wrong !== null) && (
          <p className="quiet">
            The first time, open the link that <code>npm start</code> prints.
          </p>
        )}
      </div>
      {hasEnded && wrong === null && <Note>Your session has ended. Sign in, and you are where you were.</Note>}
      {wrong !== null && <Note kind="bad">{wrong}</Note>}
      <form onSubmit={(event) => void submit(event)}>
        <div className="field">
          <label htmlFor="login">Name</label>
          <input
            className="input"
            id="login"
            name="login"
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            required
          />
        </div>
        <div className="field">
          <label htmlFor="password">Password</label>
          <input
            className="input"
            id="password"
            name="password"
            type="password"
            autoComplete="current-password"
            required
          />
        </div>
        <button type="submit" className="button" data-kind="primary" disabled={isBusy}>
          {isBusy ? 'Signing in…' : 'Sign in'}
        </button>
      </form>
      {hasIssuer && (
        <>
          <div className="or">or</div>
          <a className="button" href="/api/auth/oidc/login" onClick={rememberPlace}>
            Sign in with your organization
          </a>
        </>
      )}
    </DoorFrame>
  )
}

function useHasIssuer(): boolean {
  const { data } = useQuery({
    queryKey: ['config'],
    queryFn: () => createClient({ apiUrl, credentials: '', requestTimeoutMs }).call('getConfig'),
    staleTime: Number.POSITIVE_INFINITY,
  })
  const { issuer } = (data?.oidc ?? {}) as { issuer?: string }
  return issuer !== undefined && issuer !== ''
}
