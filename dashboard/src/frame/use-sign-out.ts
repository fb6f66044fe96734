import { useTell } from '../design/toasts.tsx'
import { usePlatform } from '../platform/platform.tsx'

/** Signs out, or tells why not. */
export function useSignOut(): () => void {
  const { keeper } = usePlatform()
  const tell = useTell()
  return () => {
    keeper.signOut().catch((error: unknown) => tell.failed('You are still signed in', error))
  }
}
