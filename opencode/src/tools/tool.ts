import type { Box, OpenBox } from '../box.ts'
import type { ArgumentSchema, ToolDefinition, ToolResult } from '../opencode.ts'
import type { ToolArguments } from './arguments.ts'
import { fits, lastPart, type OutputLimits } from './cut-output.ts'
import type { PathLocks } from './path-locks.ts'
import { type HostFolders, pathIn } from './paths.ts'

/** What all tools share. */
export interface ToolContext {
  readonly openBox: OpenBox
  readonly limits: () => OutputLimits
  readonly locks: PathLocks
  /** what paths of the user's machine begin with; undefined: none is taken for one of the sandbox */
  readonly host: HostFolders | undefined
}

/** One call, with its sandbox. */
export interface Call {
  readonly args: ToolArguments
  readonly box: Box
  readonly limits: OutputLimits
  /** ends when the user stops the turn */
  readonly signal: AbortSignal
  readonly context: ToolContext
  /** The absolute path inside that a path of the model means. Throws an Error for what is no path. */
  readonly pathOf: (path: string) => string
}

/** A tool as its file describes it. */
export interface ToolPlan {
  readonly description: string
  readonly args: Readonly<Record<string, ArgumentSchema>>
  /** the arguments that it cannot do without */
  readonly required: readonly string[]
  /** Checks what can be checked before there is a sandbox: a wrong call does not make one. Throws an Error. */
  readonly check: (args: ToolArguments) => void
  readonly run: (call: Call) => Promise<ToolResult>
}

/** characters of an error's message: part of it may be the sandbox's words */
const longestMessage = 10_000

/** What is longer OpenCode would keep in a file of the host. Tools keep to the limits; what sandboxes answer may not. */
function boundOutput(output: string, limits: OutputLimits): { readonly output: string } {
  return { output: fits(output, limits) ? output : lastPart(output, limits) }
}

function boundError(error: unknown): unknown {
  if (!(error instanceof Error) || error.message.length <= longestMessage) return error
  return new Error(`${error.message.slice(0, longestMessage)}…`)
}

/** Makes what OpenCode calls. The work is done in the sandbox or fails; it never falls back to the host. */
export function defineTool({ description, args, check, run }: ToolPlan, context: ToolContext): ToolDefinition {
  return {
    description,
    args,
    async execute(given, { sessionID, abort }) {
      check(given)
      const box = await context.openBox({ sessionID, abort })
      abort.throwIfAborted()
      const place = { box, host: context.host }
      const limits = context.limits()
      const pathOf = (path: string): string => pathIn(place, path)
      try {
        const result = await run({ args: given, box, limits, signal: abort, context, pathOf })
        return { ...result, ...boundOutput(result.output, limits) }
      } catch (error) {
        throw boundError(error)
      }
    },
  }
}
