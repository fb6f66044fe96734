import type { CommandInput } from '../command.ts'
import { helpLines } from '../config-help.ts'

const text = `Sandyard: sandboxes for AI agents and preview environments on this machine.

  npm start                        start the platform; Ctrl-C ends it, sandboxes go on running
  npm run sandyard -- down         stop all sandboxes; their disks stay
  npm run sandyard -- reset --yes  remove everything the platform made on this machine
  npm run sandyard -- doctor       tell what this machine has and lacks (--json for programs)
  npm run sandyard -- prepare      make what the first start would make, and end

Settings (each also an environment variable: --ssh-port is SANDYARD_SSH_PORT):
`

/** Prints the commands and the settings. */
export async function help({ terminal }: CommandInput): Promise<number> {
  terminal.say(text)
  for (const line of helpLines()) terminal.say(line)
  return 0
}
