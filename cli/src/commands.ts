import type { Command } from './command.ts'
import { login } from './commands/profile/login.ts'
import { logout, profileList, profileUse } from './commands/profile/profiles.ts'
import { deleteSandboxes } from './commands/sandbox/delete.ts'
import { info } from './commands/sandbox/info.ts'
import { lifeCommands } from './commands/sandbox/life.ts'
import { list } from './commands/sandbox/list.ts'

/** Every command, in the order in which help shows them. */
export const commands: readonly Command[] = [
  list,
  info,
  ...lifeCommands,
  deleteSandboxes,
  login,
  logout,
  profileList,
  profileUse,
]
