import type { previewRoutes } from '@sandyard/protocol'
import type { Answers } from './call.ts'
import { createReader } from './sandbox-reader.ts'

/** Answers of the calls that proxies make for their visitors. */
export function previewAnswers(parts: Parameters<typeof createReader>[0]): Answers<typeof previewRoutes> {
  const { find } = createReader(parts)
  return {
    async hasSandboxAccess(call) {
      await find(call, call.params.sandboxId)
      return true
    },
  }
}
