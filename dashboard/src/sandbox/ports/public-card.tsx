import { useQueryClient } from '@tanstack/react-query'
import { Globe, LockKeyhole } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { Card } from '../../design/cards.tsx'
import { FormDialog } from '../../design/form-dialog.tsx'
import { useTell } from '../../design/toasts.tsx'
import { usePlatform } from '../../platform/platform.tsx'
import { putSandboxes, type SandboxDetail } from '../../sandboxes/live.ts'

/** Who may open the previews of a sandbox, and the way to change that. */
export function PublicCard({ sandbox, mayWrite }: { sandbox: SandboxDetail; mayWrite: boolean }): ReactNode {
  const { daytona, organization } = usePlatform()
  const queries = useQueryClient()
  const tell = useTell()
  const [isAsking, setAsking] = useState(false)

  async function setPublic(isPublic: boolean): Promise<void> {
    const params = { sandboxIdOrName: sandbox.id, isPublic }
    putSandboxes(queries, organization.id, [await daytona.client.call('updatePublicStatus', { params })])
  }
  function change(isPublic: boolean): void {
    setPublic(isPublic).then(
      () => tell.done(isPublic ? 'The ports are public' : 'The ports are private', () => change(!isPublic)),
      (error: unknown) => tell.failed('That could not be changed', error),
    )
  }

  return (
    <Card
      title={sandbox.public ? 'Open to everybody' : 'Open to members alone'}
      description={
        sandbox.public
          ? 'Whoever knows the address of a port can open it, without a sign-in.'
          : 'A port opens for members of the organization who are signed in, and for whoever has a shared link of it.'
      }
      actions={
        mayWrite && (
          <button type="button" className="button" onClick={() => (sandbox.public ? change(false) : setAsking(true))}>
            {sandbox.public ? <LockKeyhole aria-hidden /> : <Globe aria-hidden />}
            {sandbox.public ? 'Make private' : 'Make public…'}
          </button>
        )
      }
    >
      {isAsking && (
        <FormDialog
          title="Make all ports public?"
          verb="Make public"
          onClose={() => setAsking(false)}
          onSubmit={async () => {
            await setPublic(true)
            tell.done('The ports are public', () => change(false))
          }}
        >
          <p>
            Every program that listens in this sandbox, now and later, can be opened by everybody who knows or guesses
            its address. To show one port for a while, share a link instead.
          </p>
        </FormDialog>
      )}
    </Card>
  )
}
