import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { CopyField } from '../design/copy-field.tsx'
import { Done, Modal } from '../design/modal.tsx'
import { Note } from '../design/notes.tsx'
import { Loaded } from '../design/page.tsx'
import { moment } from '../design/times.ts'
import { usePlatform } from '../platform/platform.tsx'
import type { User } from './all.ts'

/** A link that signs a user in once, to be handed over. */
export function LoginLinkDialog({ user, onClose }: { user: User; onClose: () => void }): ReactNode {
  const { daytona } = usePlatform()
  // Each look makes another link.
  const [look] = useState(() => String(performance.now()))
  const query = useQuery({
    queryKey: ['login-link', user.id, look],
    queryFn: () => daytona.client.call('adminCreateLoginToken', { params: { id: user.id } }),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    refetchOnWindowFocus: false,
    retry: false,
  })
  return (
    <Modal title={`Link for ${user.name}`} isKept onClose={onClose}>
      <Loaded query={query} what="There is no link">
        {({ token, expiresAt }) => (
          <>
            <Note kind="busy">
              Whoever opens it is signed in as {user.name} and chooses a password. It works once, until{' '}
              {moment(expiresAt)}. Hand it over by a way that only they can read.
            </Note>
            <CopyField label="The link" value={`${location.origin}/dashboard/#login-token=${token}&choose-password`} />
          </>
        )}
      </Loaded>
      <Done onClose={onClose} />
    </Modal>
  )
}
