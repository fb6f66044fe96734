import type { Command } from './command.ts'
import { aboutCommands } from './commands/about/about.ts'
import { auditList } from './commands/audit/audit.ts'
import { domainCommands } from './commands/domain/domains.ts'
import { insideCommands } from './commands/inside/all.ts'
import { keyCommands } from './commands/key/keys.ts'
import { mcpCommands } from './commands/mcp/all.ts'
import { opencode } from './commands/opencode/opencode.ts'
import { organizationCommands } from './commands/organization/organizations.ts'
import { completionCommand } from './commands/platform/completion.ts'
import { platformCommands } from './commands/platform/hand-over.ts'
import { previewCommands } from './commands/preview/previews.ts'
import { login } from './commands/profile/login.ts'
import { logout, profileList, profileRemove, profileUse } from './commands/profile/profiles.ts'
import { registryCommands } from './commands/registry/registries.ts'
import { sandboxCommands } from './commands/sandbox/all.ts'
import { secretCommands } from './commands/secret/secrets.ts'
import { snapshotCommands } from './commands/snapshot/snapshots.ts'
import { volumeCommands } from './commands/volume/volumes.ts'
import { warmPoolCommands } from './commands/warm-pool/warm-pools.ts'
import { webhookCommands } from './commands/webhook/webhooks.ts'

const all: readonly Command[] = [
  ...sandboxCommands,
  ...insideCommands,
  login,
  logout,
  ...aboutCommands,
  profileList,
  profileUse,
  profileRemove,
  ...snapshotCommands,
  ...volumeCommands,
  ...secretCommands,
  ...domainCommands,
  ...previewCommands,
  ...warmPoolCommands,
  ...registryCommands,
  ...keyCommands,
  ...organizationCommands,
  auditList,
  ...webhookCommands,
  ...mcpCommands,
  opencode,
  ...platformCommands,
]

/** Every command, in the order in which help shows them. */
export const commands: readonly Command[] = [...all, completionCommand(all)]
