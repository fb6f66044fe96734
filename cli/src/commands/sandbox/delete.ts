import { defineCommand } from '../../command.ts'
import { confirm } from '../../confirm.ts'
import { each } from '../../each.ts'
import { chosenSandboxes } from '../../targets.ts'
import { counted } from '../../texts.ts'

export const deleteSandboxes = defineCommand({
  path: ['delete'],
  aliases: ['rm', 'remove'],
  summary: 'Delete sandboxes with all that is on their disks',
  args: { sandboxes: { count: 'many', doc: 'ids or names', completes: 'sandbox' } },
  flags: {
    all: { type: 'switch', short: 'a', doc: 'all sandboxes, after a question' },
    yes: { type: 'switch', short: 'y', doc: 'ask nothing' },
    wait: { type: 'switch', doc: 'wait until nothing is left of them' },
    timeout: { type: 'number', value: 'SECONDS', min: 0, doc: 'longest wait for each, default 60, 0 for ever' },
  },
  examples: [
    { does: 'delete one', line: 'sandyard delete box' },
    { does: 'delete all, in a script', line: 'sandyard delete --all --yes' },
  ],
  async run({ args, flags, platform, screen, signal }) {
    const targets = await chosenSandboxes(await platform(), args.sandboxes, flags.all)
    const what = counted(targets.length, 'sandbox', 'sandboxes')
    if (flags.all && targets.length > 0 && !flags.yes) await confirm(`Delete ${what}, with all that is in them?`)
    return await each(
      targets,
      { screen, signal },
      {
        doing: `Deleting ${what}`,
        none: 'There are no sandboxes to delete.',
        nameOf: ({ name }) => name,
        // one that has forks can go once they are gone
        isWorthAnotherTry: (error) => (error as { statusCode?: number }).statusCode === 400,
        run: async ({ find }) => {
          const sandbox = await find()
          // its name is free for others afterwards, and the platform calls it something else
          const { id, name } = sandbox
          await sandbox.delete(flags.timeout, flags.wait)
          return { name, sentence: `Deleted ${name}`, value: { id, name, deleted: true } }
        },
      },
    )
  },
})
