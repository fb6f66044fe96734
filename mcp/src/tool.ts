import type { ContentBlock, ToolAnnotations } from '@modelcontextprotocol/server'
import type { Daytona } from '@sandyard/sdk'
import type { z } from 'zod'

/** What a tool is run with besides its arguments. */
export interface ToolContext {
  /** the platform, with the rights of the caller */
  readonly platform: Daytona
  /** ends the work when the caller has cancelled, or is gone */
  readonly signal: AbortSignal
  /** Tells a caller who asked for it what is done now. */
  progress(message: string): void
}

/** What a tool found or did. */
export interface ToolAnswer<Structured> {
  /** for models */
  readonly text: string
  /** the same for programs */
  readonly structured: Structured
  /** images and files beside the text */
  readonly content?: readonly ContentBlock[]
}

/** A tool as it is written down. */
export interface ToolSpec<Input extends z.ZodObject, Output extends z.ZodObject> {
  /** as it is called, such as `list_files` */
  readonly name: string
  readonly title: string
  /** tells a model when and how to use it */
  readonly description: string
  readonly input: Input
  readonly output: Output
  readonly annotations: ToolAnnotations
  run(args: z.output<Input>, context: ToolContext): Promise<ToolAnswer<z.output<Output>>>
}

/** Any tool. */
export interface Tool extends Omit<ToolSpec<z.ZodObject, z.ZodObject>, 'run'> {
  run(args: Readonly<Record<string, unknown>>, context: ToolContext): Promise<ToolAnswer<Record<string, unknown>>>
}

/** A tool whose `run` sees the types of its own schemas. */
export function defineTool<Input extends z.ZodObject, Output extends z.ZodObject>(spec: ToolSpec<Input, Output>): Tool {
  // arguments have passed the schema of this very tool
  return spec as unknown as Tool
}

/** Changes nothing. */
export const reads: ToolAnnotations = { readOnlyHint: true, openWorldHint: false }

/** Adds something; what is there stays as it is. */
export const adds: ToolAnnotations = {
  readOnlyHint: false,
  destructiveHint: false,
  idempotentHint: false,
  openWorldHint: false,
}

/** Brings something into a state; once more changes nothing. */
export const settles: ToolAnnotations = {
  readOnlyHint: false,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false,
}

/** May remove or overwrite something. */
export const destroys: ToolAnnotations = {
  readOnlyHint: false,
  destructiveHint: true,
  idempotentHint: true,
  openWorldHint: false,
}

/** Runs what the caller says, which may do anything in the sandbox and reach its network. */
export const runs: ToolAnnotations = {
  readOnlyHint: false,
  destructiveHint: true,
  idempotentHint: false,
  openWorldHint: true,
}
