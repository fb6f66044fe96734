import { type FormEvent, type ReactNode, useState } from 'react'
import { Card } from '../design/cards.tsx'
import { TextField } from '../design/fields.tsx'
import { Note } from '../design/notes.tsx'
import { useTell } from '../design/toasts.tsx'
import { usePlatform } from '../platform/platform.tsx'

/** as `limits.passwordShortest` of the platform, which has the last word */
const shortest = 10

/** Another password, by which all other sessions end; nothing at all for who signs in elsewhere. */
export function PasswordCard(): ReactNode {
  const { daytona, user } = usePlatform()
  const tell = useTell()
  const [wrong, setWrong] = useState<string | null>(null)
  const [isBusy, setBusy] = useState(false)

  async function change(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault()
    const { currentTarget: element } = event
    const form = new FormData(element)
    const current = String(form.get('current'))
    const body = {
      newPassword: String(form.get('new')),
      ...(current === '' ? {} : { currentPassword: current }),
    }
    setBusy(true)
    setWrong(null)
    try {
      await daytona.client.call('changePassword', { body })
      element.reset()
      tell.done('The password has changed; you are signed out everywhere else')
    } catch (error) {
      setWrong(error instanceof Error ? error.message : String(error))
    } finally {
      setBusy(false)
    }
  }

  if (user.login === null) return null
  return (
    <Card title="Password" description="With another one you are signed out everywhere else. API keys go on working.">
      <form onSubmit={(event) => void change(event)}>
        <input type="hidden" name="username" autoComplete="username" value={user.login} readOnly />
        <TextField
          label="Password until now"
          name="current"
          type="password"
          autoComplete="current-password"
          hint="Leave it empty if a link has signed you in within the last 15 minutes."
        />
        <TextField
          label="New password"
          name="new"
          type="password"
          autoComplete="new-password"
          minLength={shortest}
          hint={`At least ${shortest} characters`}
          required
        />
        {wrong !== null && <Note kind="bad">{wrong}</Note>}
        <button type="submit" className="button" disabled={isBusy}>
          {isBusy ? 'Changing…' : 'Change the password'}
        </button>
      </form>
    </Card>
  )
}
