import { LogOut } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { Card } from '../design/cards.tsx'
import { FormDialog } from '../design/form-dialog.tsx'
import { useSignOut } from '../frame/use-sign-out.ts'
import { usePlatform } from '../platform/platform.tsx'

/** Signing out, here and everywhere. */
export function SessionsCard(): ReactNode {
  const { daytona, keeper } = usePlatform()
  const signOut = useSignOut()
  const [isAsking, setAsking] = useState(false)

  async function signOutEverywhere(): Promise<void> {
    await daytona.client.call('logout', { body: { everywhere: true } })
    await keeper.signOut()
  }

  return (
    <Card
      title="Signed in"
      description="A session ends after thirty days. End all of them if a machine was lost or a link got into wrong hands."
      actions={
        <>
          <button type="button" className="button" onClick={() => setAsking(true)}>
            Sign out everywhere…
          </button>
          <button type="button" className="button" onClick={signOut}>
            <LogOut aria-hidden /> Sign out
          </button>
        </>
      }
    >
      {isAsking && (
        <FormDialog
          title="Sign out everywhere?"
          verb="Sign out"
          isDanger
          onSubmit={signOutEverywhere}
          onClose={() => setAsking(false)}
        >
          <p>
            All browsers that you are signed in with are signed out at once, this one too; terminals that they have open
            are cut. Sandboxes run on, and API keys go on working: revoke those by themselves.
          </p>
        </FormDialog>
      )}
    </Card>
  )
}
