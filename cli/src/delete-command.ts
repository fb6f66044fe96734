import type { Daytona } from '@sandyard/sdk'
import { type Argument, type Command, defineCommand } from './command.ts'
import { confirm } from './confirm.ts'
import { each } from './each.ts'
import { chosenTargets } from './targets.ts'
import { counted } from './texts.ts'

/** What a kind of thing needs to be deleted by name, many at once. */
export interface Deletion<T> {
  /** words of the group, such as `['volume']` */
  readonly group: readonly string[]
  readonly noun: string
  readonly nouns: string
  readonly summary: string
  readonly more?: string
  /** what is lost, for the question before all of them are deleted */
  readonly loses: string
  readonly completes?: NonNullable<Argument['completes']>
  /** by name or id */
  readonly find: (platform: Daytona, name: string) => Promise<T>
  readonly findAll: (platform: Daytona) => Promise<readonly T[]>
  readonly nameOf: (thing: T) => string
  readonly remove: (platform: Daytona, thing: T) => Promise<void>
}

/** `GROUP delete [NAME …] --all --yes`. */
export function deleteCommand<T>(deletion: Deletion<T>): Command {
  const { group, noun, nouns, summary, more, loses, completes, nameOf } = deletion
  const words = group.join(' ')
  return defineCommand({
    path: [...group, 'delete'],
    aliases: ['rm', 'remove'],
    summary,
    ...(more === undefined ? {} : { more }),
    args: { names: { count: 'many', doc: 'names or ids', ...(completes === undefined ? {} : { completes }) } },
    flags: {
      all: { type: 'switch', short: 'a', doc: `all ${nouns}, after a question` },
      yes: { type: 'switch', short: 'y', doc: 'ask nothing' },
    },
    examples: [
      { does: 'delete one', line: `sandyard ${words} delete old` },
      { does: 'delete all, in a script', line: `sandyard ${words} delete --all --yes` },
    ],
    async run({ args, flags, platform: open, screen, signal }) {
      const platform = await open()
      const targets = await chosenTargets({
        names: args.names,
        isAll: flags.all,
        noun,
        find: (name) => deletion.find(platform, name),
        findAll: () => deletion.findAll(platform),
        nameOf,
      })
      const what = counted(targets.length, noun, nouns)
      if (flags.all && targets.length > 0 && !flags.yes) await confirm(`Delete ${what}, ${loses}?`)
      return await each(
        targets,
        { screen, signal },
        {
          doing: `Deleting ${what}`,
          none: `There are no ${nouns} to delete.`,
          nameOf: ({ name }) => name,
          run: async ({ find }) => {
            const thing = await find()
            await deletion.remove(platform, thing)
            const name = nameOf(thing)
            return { name, sentence: `Deleted ${name}`, value: { name, deleted: true } }
          },
        },
      )
    },
  })
}
