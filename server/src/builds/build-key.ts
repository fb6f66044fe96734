import { digest } from '../random.ts'
import type { BuildSource } from '../store/builds.ts'

/**
 * What a Dockerfile with its contexts is built as: the same for whoever asks for the same, in any order of the contexts
 * (api.md 2.4). It is also the build's name on the wire.
 */
export function buildKey({
  dockerfile,
  contextHashes,
  isOfStranger,
}: Extract<BuildSource, { kind: 'dockerfile' }>): string {
  // What was built with the logins of the organization is not a stranger's, even of the same text.
  const whose = isOfStranger === true ? '\0stranger' : ''
  return `daytona-${digest(dockerfile + [...contextHashes].sort().join('') + whose)}:daytona`
}
