import type { Surroundings } from './surroundings.ts'

/**
 * What a command is: its words, what it takes, examples and what it does. Parsing, `--help`, completion and
 * `docs/reference/cli.md` come from this alone.
 */

/** An option. `short` is one letter. */
export type Flag =
  | SwitchFlag
  | (Described & { readonly type: 'text'; readonly value: string; readonly choices?: readonly string[] })
  | (Described & { readonly type: 'number'; readonly value: string; readonly min?: number; readonly max?: number })
  /** may be given many times */
  | (Described & { readonly type: 'texts'; readonly value: string })
  /** `NAME=VALUE`, may be given many times; the last of one name counts */
  | (Described & { readonly type: 'pairs'; readonly value: string })

export interface SwitchFlag extends Described {
  readonly type: 'switch'
}

interface Described {
  readonly short?: string
  /** other names and letters that mean the same, not shown */
  readonly aliases?: readonly string[]
  /** one line, no full stop, with unit and default where there is one */
  readonly doc: string
}

/**
 * A word that stands by itself. `many` takes all that are left; `rest` also takes what looks like an option, from the
 * first word that is not one, or from `--`, on.
 */
export interface Argument {
  readonly count: 'one' | 'optional' | 'many' | 'rest'
  readonly doc: string
  /** what completion offers */
  readonly completes?: 'sandbox' | 'snapshot' | 'volume' | 'command' | 'file'
}

export interface Example {
  /** what it does, one line */
  readonly does: string
  readonly line: string
}

type FlagValue<F extends Flag> = F extends { type: 'switch' }
  ? boolean
  : F extends { type: 'number' }
    ? number | undefined
    : F extends { type: 'texts' }
      ? readonly string[]
      : F extends { type: 'pairs' }
        ? Readonly<Record<string, string>>
        : string | undefined

type ArgumentValue<A extends Argument> = A['count'] extends 'one'
  ? string
  : A['count'] extends 'optional'
    ? string | undefined
    : readonly string[]

/** What a command is run with. */
export interface CommandInput<A extends Readonly<Record<string, Argument>>, F extends Readonly<Record<string, Flag>>>
  extends Surroundings {
  readonly args: { readonly [K in keyof A]: ArgumentValue<A[K]> }
  readonly flags: { readonly [K in keyof F]: FlagValue<F[K]> }
}

/** A command as it is written down; resolves to its exit code, none is 0. */
export interface CommandSpec<A extends Readonly<Record<string, Argument>>, F extends Readonly<Record<string, Flag>>> {
  /** its words, such as `['snapshot', 'create']` */
  readonly path: readonly string[]
  /** other last words that mean the same */
  readonly aliases?: readonly string[]
  /** one line, without a full stop */
  readonly summary: string
  /** what else there is to know: a paragraph for its help */
  readonly more?: string
  /** in the order in which they are given */
  readonly args: A
  readonly flags: F
  readonly examples: readonly Example[]
  /** it has something to let go of: after Ctrl-C its end is waited for. Without, the command just ends */
  readonly cleansUp?: boolean
  /** all that stands behind its words, also options, is its argument `words`, as it is */
  readonly passesAll?: boolean
  run(input: CommandInput<A, F>): Promise<number | undefined>
}

/** Any command. */
export interface Command
  extends Omit<CommandSpec<Readonly<Record<string, Argument>>, Readonly<Record<string, Flag>>>, 'run'> {
  run(input: AnyInput): Promise<number | undefined>
}

/** What the parser gives: it has the shape that the command's own table asks for. */
export interface AnyInput extends Surroundings {
  readonly args: Readonly<Record<string, string | undefined | readonly string[]>>
  readonly flags: Readonly<Record<string, FlagValue<Flag>>>
}

/** A command whose `run` sees the types of its own arguments and options. */
export function defineCommand<
  const A extends Readonly<Record<string, Argument>>,
  const F extends Readonly<Record<string, Flag>>,
>(spec: CommandSpec<A, F>): Command {
  // the parser fills in what the tables of this very command say
  return spec as unknown as Command
}
