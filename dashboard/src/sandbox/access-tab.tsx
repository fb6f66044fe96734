import type { ReactNode } from 'react'
import { Cards } from '../design/cards.tsx'
import type { SandboxDetail } from '../sandboxes/live.ts'
import { SecretsCard } from './access/secrets-card.tsx'
import { SshCard } from './access/ssh-card.tsx'
import './access/access.css'

/** Ways into a sandbox, and what it may use outside. */
export function AccessTab({ sandbox }: { sandbox: SandboxDetail }): ReactNode {
  return (
    <Cards label="Access">
      <SshCard sandbox={sandbox} />
      <SecretsCard sandbox={sandbox} />
    </Cards>
  )
}
