import type { Sandbox } from '@sandyard/sdk'
import { usageError } from './exit-codes.ts'

/** One thing that a command is about: by the name that was given, or found already. */
export interface Target<T> {
  readonly name: string
  readonly find: () => Promise<T>
}

/** What names or `--all` mean. */
export interface Asked<T> {
  readonly names: readonly string[]
  readonly isAll: boolean
  /** such as `sandbox` */
  readonly noun: string
  readonly find: (name: string) => Promise<T>
  readonly findAll: () => Promise<readonly T[]>
  readonly nameOf: (thing: T) => string
}

/** The things that are named, or all. Throws a usage error for neither and for both. */
export async function chosenTargets<T>(asked: Asked<T>): Promise<readonly Target<T>[]> {
  const { names, isAll, noun, find, findAll, nameOf } = asked
  if (isAll && names.length > 0) throw usageError('give names or --all, not both')
  if (!isAll && names.length === 0) throw usageError(`name a ${noun}, or give --all`)
  if (!isAll) return [...new Set(names)].map((name) => ({ name, find: () => find(name) }))
  return (await findAll()).map((thing) => ({ name: nameOf(thing), find: async () => thing }))
}

/** The sandboxes that are named, or all. */
export function chosenSandboxes(
  platform: { get(name: string): Promise<Sandbox>; listSandboxes(): Promise<Sandbox[]> },
  names: readonly string[],
  isAll: boolean,
): Promise<readonly Target<Sandbox>[]> {
  return chosenTargets({
    names,
    isAll,
    noun: 'sandbox',
    find: (name) => platform.get(name),
    findAll: () => platform.listSandboxes(),
    nameOf: ({ name }) => name,
  })
}
