import type { Kysely } from 'kysely'
import { accountsAndSandboxes } from './migrations/0001-accounts-and-sandboxes.ts'
import { signingKeys } from './migrations/0002-signing-keys.ts'
import { lifecycle } from './migrations/0003-lifecycle.ts'
import { members } from './migrations/0004-members.ts'
import { builds } from './migrations/0005-builds.ts'
import { volumes } from './migrations/0006-volumes.ts'
import { warmPools } from './migrations/0007-warm-pools.ts'
import { limitsAndTraces } from './migrations/0008-limits-and-traces.ts'
import { webhooks } from './migrations/0009-webhooks.ts'
import { sshAccesses } from './migrations/0010-ssh-accesses.ts'
import { wake } from './migrations/0011-wake.ts'
import { network } from './migrations/0012-network.ts'
import { secrets } from './migrations/0013-secrets.ts'
import { previews } from './migrations/0014-previews.ts'
import { networkDenials } from './migrations/0016-network-denials.ts'
import { previewEnvironments } from './migrations/0017-preview-environments.ts'
import { servedPort } from './migrations/0018-served-port.ts'
import type { Tables } from './tables.ts'

/** One step of the schema. A released one never changes. */
export interface Migration {
  readonly name: string
  up(db: Kysely<Tables>): Promise<void>
}

/** All steps, in the order in which they are applied. */
export const migrations: readonly Migration[] = [
  { name: '0001-accounts-and-sandboxes', up: accountsAndSandboxes },
  { name: '0002-signing-keys', up: signingKeys },
  { name: '0003-lifecycle', up: lifecycle },
  { name: '0004-members', up: members },
  { name: '0005-builds', up: builds },
  { name: '0006-volumes', up: volumes },
  { name: '0007-warm-pools', up: warmPools },
  { name: '0008-limits-and-traces', up: limitsAndTraces },
  { name: '0009-webhooks', up: webhooks },
  { name: '0010-ssh-accesses', up: sshAccesses },
  { name: '0011-wake', up: wake },
  { name: '0012-network', up: network },
  { name: '0013-secrets', up: secrets },
  { name: '0014-previews', up: previews },
  { name: '0016-network-denials', up: networkDenials },
  { name: '0017-preview-environments', up: previewEnvironments },
  { name: '0018-served-port', up: servedPort },
]
