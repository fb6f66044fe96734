import type { ReactNode } from 'react'
import { FormDialog } from '../design/form-dialog.tsx'
import { ago } from '../design/times.ts'
import { useTell } from '../design/toasts.tsx'
import { useMembers } from '../platform/permissions.ts'
import { usePlatform } from '../platform/platform.tsx'
import type { Key } from './keys.ts'

/** Asks before a key is deleted, and says what stops working. */
export function RevokeKeyDialog({
  apiKey,
  onRevoked,
  onClose,
}: {
  apiKey: Key
  onRevoked: () => Promise<void>
  onClose: () => void
}): ReactNode {
  const { daytona, user } = usePlatform()
  const tell = useTell()
  const { name, userId, lastUsedAt } = apiKey
  const owner = useMembers().data?.find((one) => one.userId === userId)?.name ?? userId

  async function revoke(): Promise<void> {
    await daytona.client.call('deleteApiKeyForUser', { params: { userId, name } })
    tell.done(`The key ${name} works no more`)
    await onRevoked()
  }

  return (
    <FormDialog title={`Revoke ${name}?`} verb="Revoke" isDanger onSubmit={revoke} onClose={onClose}>
      <div>
        <p>Every program that uses it is refused at once, and what it has open is cut. It cannot be brought back.</p>
        <p>{lastUsedAt === null ? 'No use of it is known.' : `It was last used ${ago(lastUsedAt, Date.now())}.`}</p>
        {userId !== user.id && <p>It is a key of {owner}.</p>}
        <p className="quiet">Sandboxes that were made with it stay.</p>
      </div>
    </FormDialog>
  )
}
