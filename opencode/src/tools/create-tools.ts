import type { OpenBox, Tools } from '../box.ts'
import { applyPatch } from './apply-patch.ts'
import { bash } from './bash.ts'
import { type OutputLimits, usualLimits } from './cut-output.ts'
import { edit } from './edit.ts'
import { glob } from './glob.ts'
import { grep } from './grep.ts'
import { lsp } from './lsp.ts'
import { createPathLocks } from './path-locks.ts'
import type { HostFolders } from './paths.ts'
import { read } from './read.ts'
import { defineTool, type ToolPlan } from './tool.ts'
import { write } from './write.ts'

/** What may be different of the tools. */
export interface ToolOptions {
  /** asked at each call, as in OpenCode's setting `tool_output`; default: OpenCode's own */
  readonly limits?: () => OutputLimits
  /** whether OpenCode offers its tool `lsp`, which works on the host and must then be replaced; default false */
  readonly withLsp?: boolean
  /** folders that OpenCode names to models, whose paths are then taken for those of the project in the sandbox */
  readonly host?: HostFolders
}

const plans: Readonly<Record<string, ToolPlan>> = { apply_patch: applyPatch, bash, edit, glob, grep, read, write }

/**
 * The tools that take the place of OpenCode's own of the same names (opencode.md 2): each works in the sandbox that
 * `openBox` gives, or fails.
 */
export function createTools(openBox: OpenBox, options: ToolOptions = {}): Tools {
  const { limits = () => usualLimits, withLsp = false, host } = options
  const context = { openBox, limits, locks: createPathLocks(), host }
  const all = withLsp ? { ...plans, lsp } : plans
  return Object.fromEntries(Object.entries(all).map(([name, plan]) => [name, defineTool(plan, context)]))
}

/**
 * The arguments that a tool of ours cannot do without. OpenCode tells models that every argument of a plugin's tool is
 * required; the hook `tool.definition` can put this in place of it. Undefined for tools that are not ours.
 */
export function requiredArguments(tool: string): readonly string[] | undefined {
  return Object.hasOwn(plans, tool) ? plans[tool]?.required : undefined
}
