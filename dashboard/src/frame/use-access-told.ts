import { useEffect, useRef } from 'react'
import { useTell } from '../design/toasts.tsx'
import { useMembers } from '../platform/permissions.ts'
import { usePlatform } from '../platform/platform.tsx'

/** Tells when what the user may do changes while the page is open: buttons come and go by it. */
export function useAccessTold(): void {
  const { user, organization } = usePlatform()
  const me = useMembers().data?.find(({ userId }) => userId === user.id)
  const permissions = me?.assignedRoles.flatMap((role) => role.permissions).toSorted() ?? []
  const access = me === undefined ? null : `${me.role} ${[...new Set(permissions)].join(' ')}`
  const before = useRef<string | null>(null)
  const tell = useTell()
  useEffect(() => {
    if (access === null) return
    if (before.current !== null && before.current !== access)
      tell.done(`What you may do in ${organization.name} has changed`)
    before.current = access
  }, [access, organization.name, tell])
}
