import { useQueryClient } from '@tanstack/react-query'
import { useTell } from '../../design/toasts.tsx'
import { usePlatform } from '../../platform/platform.tsx'
import { putSandboxes, type SandboxDetail } from '../../sandboxes/live.ts'
import { type NetworkRules, rulesOf, toSettings } from './rules.ts'

/** Sets the rules of a sandbox at once; what they were can be had back. True when they hold. */
export function useSetRules(sandbox: SandboxDetail): (rules: NetworkRules, done: string) => Promise<boolean> {
  const { daytona, organization } = usePlatform()
  const queries = useQueryClient()
  const tell = useTell()
  const { id } = sandbox
  const before = rulesOf(sandbox)
  const set = async (wanted: NetworkRules): Promise<void> => {
    const told = await daytona.client.call('updateNetworkSettings', {
      params: { sandboxIdOrName: id },
      body: toSettings(wanted),
    })
    putSandboxes(queries, organization.id, [told])
  }
  return async (rules, done) => {
    try {
      await set(rules)
      tell.done(done, () => {
        set(before).catch((error: unknown) => tell.failed('The rules are as you set them', error))
      })
      return true
    } catch (error) {
      tell.failed('The rules are as they were', error)
      return false
    }
  }
}
