import type { ReactNode } from 'react'
import type { SandboxDetail } from '../sandboxes/live.ts'

export function TreeTab({ sandbox }: { sandbox: SandboxDetail }): ReactNode {
  return <p>{sandbox.name}</p>
}
