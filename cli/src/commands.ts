import type { Command } from './command.ts'
import { info } from './commands/sandbox/info.ts'
import { lifeCommands } from './commands/sandbox/life.ts'
import { list } from './commands/sandbox/list.ts'

/** Every command, in the order in which help shows them. */
export const commands: readonly Command[] = [list, info, ...lifeCommands]
