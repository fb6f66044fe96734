import { defineCommand } from '../../command.ts'
import { applyEdits, parseEdits } from '../../edits.ts'
import { readEnvFiles } from '../../env-file.ts'
import type { Screen } from '../../screen.ts'
import { sandboxArgument } from './arguments.ts'
import { ownLabels } from './shown.ts'

const edits = { count: 'many', doc: 'NAME=VALUE sets, NAME- takes away; none shows what there is' } as const

function showPairs(screen: Screen, pairs: Readonly<Record<string, string>>, none: string): void {
  if (screen.form === 'json' || screen.form === 'yaml') {
    screen.tell('', pairs)
    return
  }
  screen.list(
    Object.entries(pairs),
    {
      columns: [
        { title: 'Name', text: ([name]) => name },
        { title: 'Value', text: ([, value]) => value },
      ],
      name: ([name, value]) => `${name}=${value}`,
    },
    none,
  )
}

export const label = defineCommand({
  path: ['label'],
  summary: 'Show and change the labels of a sandbox',
  args: { sandbox: sandboxArgument, labels: edits },
  flags: {},
  examples: [
    { does: 'show them', line: 'sandyard label box' },
    { does: 'set one and take another one away', line: 'sandyard label box team=web trial-' },
  ],
  async run({ args, platform, screen }) {
    const asked = parseEdits(args.labels)
    const sandbox = await (await platform()).get(args.sandbox)
    if (args.labels.length > 0) await sandbox.setLabels(applyEdits(sandbox.labels, asked))
    showPairs(
      screen,
      screen.form === 'table' ? ownLabels(sandbox.labels) : sandbox.labels,
      `${sandbox.name} has no labels; sandyard label ${sandbox.name} NAME=VALUE sets one.`,
    )
    return undefined
  },
})

export const env = defineCommand({
  path: ['env'],
  summary: 'Show and change the variables of a sandbox',
  more: 'What is changed holds for programs that are started afterwards, until the sandbox stops. Shown are the variables that it was made with.',
  args: { sandbox: sandboxArgument, variables: edits },
  flags: { 'env-file': { type: 'texts', value: 'FILE', doc: 'file with variables to set' } },
  examples: [
    { does: 'what it was made with', line: 'sandyard env box' },
    { does: 'set some of a file, and take one away', line: 'sandyard env box --env-file .env DEBUG-' },
  ],
  async run({ args, flags, platform, screen, folder }) {
    const { set, unset } = parseEdits(args.variables)
    const values = { ...(await readEnvFiles(flags['env-file'], folder)), ...set }
    const sandbox = await (await platform()).get(args.sandbox)
    if (Object.keys(values).length > 0 || unset.length > 0) {
      await sandbox.updateEnv(values, { unset: [...unset] })
      const words = [...Object.keys(values).map((name) => `set ${name}`), ...unset.map((name) => `took ${name} away`)]
      screen.tell(`${sandbox.name}: ${words.join(', ')}`, { set: values, unset }, sandbox.name)
      return undefined
    }
    showPairs(
      screen,
      sandbox.env ?? {},
      `${sandbox.name} has no variables of its own; sandyard env ${sandbox.name} NAME=VALUE sets one.`,
    )
    return undefined
  },
})

export const sandboxSecrets = defineCommand({
  path: ['secret', 'use'],
  summary: 'Show and change which secrets a sandbox has, by variable',
  args: {
    sandbox: sandboxArgument,
    secrets: { count: 'many', doc: 'VARIABLE=SECRET gives it, VARIABLE- takes it away; none shows what there is' },
  },
  flags: {},
  examples: [
    { does: 'give it one', line: 'sandyard secret use box OPENAI_API_KEY=openai' },
    { does: 'take it away', line: 'sandyard secret use box OPENAI_API_KEY-' },
  ],
  async run({ args, platform, screen }) {
    const asked = parseEdits(args.secrets)
    const sandbox = await (await platform()).get(args.sandbox)
    const held = (): Record<string, string> => Object.assign({}, ...(sandbox.secrets ?? []))
    if (args.secrets.length > 0) await sandbox.updateSecrets(applyEdits(held(), asked))
    showPairs(
      screen,
      held(),
      `${sandbox.name} has no secrets; sandyard secret use ${sandbox.name} VARIABLE=SECRET gives it one.`,
    )
    return undefined
  },
})
