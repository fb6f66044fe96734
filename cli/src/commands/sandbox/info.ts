import { defineCommand } from '../../command.ts'
import { shownSandbox } from './shown.ts'

export const info = defineCommand({
  path: ['info'],
  aliases: ['view', 'inspect', 'get'],
  summary: 'Show all that is known of a sandbox',
  args: { sandbox: { count: 'one', doc: 'id or name', completes: 'sandbox' } },
  flags: {},
  examples: [
    { does: 'for a person', line: 'sandyard info box' },
    { does: 'only its state, for a script', line: 'sandyard info box -o json | jq -r .state' },
  ],
  async run({ args, platform, screen }) {
    screen.one(await (await platform()).get(args.sandbox), shownSandbox)
    return undefined
  },
})
