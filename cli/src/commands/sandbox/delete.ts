import { defineCommand } from '../../command.ts'
import { confirm } from '../../confirm.ts'
import { each } from '../../each.ts'
import { counted } from '../../texts.ts'
import { chosenSandboxes } from './chosen.ts'

export const deleteSandboxes = defineCommand({
  path: ['delete'],
  aliases: ['rm', 'remove'],
  summary: 'Delete sandboxes with all that is on their disks',
  args: { sandboxes: { count: 'many', doc: 'ids or names', completes: 'sandbox' } },
  flags: {
    all: { type: 'switch', short: 'a', doc: 'all sandboxes, after a question' },
    yes: { type: 'switch', short: 'y', doc: 'ask nothing' },
    wait: { type: 'switch', doc: 'wait until nothing is left of them' },
  },
  examples: [
    { does: 'delete one', line: 'sandyard delete box' },
    { does: 'delete all, in a script', line: 'sandyard delete --all --yes' },
  ],
  async run({ args, flags, platform, screen }) {
    const sandboxes = await chosenSandboxes(await platform(), args.sandboxes, flags.all)
    const what = counted(sandboxes.length, 'sandbox', 'sandboxes')
    if (flags.all && sandboxes.length > 0 && !flags.yes) await confirm(`Delete ${what}, with all that is in them?`)
    const deleted: string[] = []
    const code = await each(sandboxes, screen, {
      doing: `Deleting ${what}`,
      nameOf: ({ name }) => name,
      run: async (sandbox) => {
        await sandbox.delete(undefined, flags.wait)
        deleted.push(sandbox.name)
      },
    })
    for (const name of deleted) screen.tell(`Deleted ${name}`, { name, deleted: true }, name)
    if (sandboxes.length === 0) screen.note('There are no sandboxes to delete.')
    return code
  },
})
