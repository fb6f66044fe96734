import type { Command } from '../../command.ts'
import { code } from './code.ts'
import { cp } from './cp.ts'
import { events } from './events.ts'
import { exec } from './exec.ts'
import { logs } from './logs.ts'
import { open } from './open.ts'
import { portForward } from './port-forward.ts'
import { run } from './run.ts'
import { sessionCommands } from './session.ts'
import { shell } from './shell.ts'
import { ssh } from './ssh.ts'
import { top } from './top.ts'

/** Work inside sandboxes. */
export const insideCommands: readonly Command[] = [
  run,
  exec,
  shell,
  ssh,
  cp,
  code,
  logs,
  open,
  portForward,
  top,
  events,
  ...sessionCommands,
]
