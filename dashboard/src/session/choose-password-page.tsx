import { type FormEvent, type ReactNode, useState } from 'react'
import { Note } from '../design/notes.tsx'
import { userClient } from '../platform/organizations.ts'
import { DoorFrame } from './door-frame.tsx'
import type { Session } from './doors.ts'
import type { SessionKeeper } from './keeper.ts'

/** as `limits.passwordShortest` of the platform, which has the last word */
const shortest = 10

/** After a sign-in by link: the password for later, which may also wait. */
export function ChoosePasswordPage({ keeper, user }: { keeper: SessionKeeper; user: Session['user'] }): ReactNode {
  const login = user.login ?? user.id
  const [wrong, setWrong] = useState<string | null>(null)
  const [isBusy, setBusy] = useState(false)

  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault()
    const newPassword = String(new FormData(event.currentTarget).get('new-password'))
    setBusy(true)
    setWrong(null)
    try {
      await userClient(keeper).call('changePassword', { body: { newPassword } })
      keeper.settle()
    } catch (error) {
      setWrong((error as Error).message)
      setBusy(false)
    }
  }

  return (
    <DoorFrame title="Choose a password">
      <div className="head">
        <h1>Choose a password</h1>
        <p className="quiet">
          The link has signed you in and works no more. Next time you sign in as <code>{login}</code> with this
          password.
        </p>
      </div>
      {wrong !== null && <Note kind="bad">{wrong}</Note>}
      <form onSubmit={(event) => void submit(event)}>
        <input type="hidden" name="username" autoComplete="username" value={login} readOnly />
        <div className="field">
          <label htmlFor="new-password">New password</label>
          <input
            className="input"
            id="new-password"
            name="new-password"
            type="password"
            autoComplete="new-password"
            minLength={shortest}
            aria-describedby="password-hint"
            required
          />
          <span className="hint" id="password-hint">
            At least {shortest} characters
          </span>
        </div>
        <button type="submit" className="button" data-kind="primary" disabled={isBusy}>
          {isBusy ? 'Saving…' : 'Save and go on'}
        </button>
        <button type="button" className="button" data-kind="plain" onClick={() => keeper.settle()}>
          Not now
        </button>
      </form>
    </DoorFrame>
  )
}
