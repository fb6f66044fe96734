import { digest } from '../random.ts'
import type { BuildSource } from '../store/builds.ts'

/**
 * What a Dockerfile with its contexts is built as: the same for whoever asks for the same, in any order of the contexts
 * (api.md 2.4). It is also the build's name on the wire.
 */
export function buildKey({ dockerfile, contextHashes }: Extract<BuildSource, { kind: 'dockerfile' }>): string {
  return `daytona-${digest(dockerfile + [...contextHashes].sort().join(''))}:daytona`
}
