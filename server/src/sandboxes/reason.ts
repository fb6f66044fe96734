import { isPlatformError } from '@sandyard/protocol'

/** Longest reason that is stored, characters. */
const longest = 1000

/** Why something failed, for the sandbox's `errorReason`. The inner text of an unexpected fault stays in the log. */
export function failureReason(error: unknown): string {
  if (!isPlatformError(error)) return 'A fault of the platform; its log tells more'
  return error.message.slice(0, longest)
}
