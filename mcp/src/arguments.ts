import { limits } from '@sandyard/protocol'
import { z } from 'zod'

/** Arguments that many tools take. Their descriptions are what a model learns them from. */

/** Longest id or name of anything, characters. */
const idLength = limits.nameLength

/** The sandbox that a tool works in. */
export const sandboxId = z
  .string()
  .min(1)
  .max(idLength)
  .describe('Id or name of the sandbox, as create_sandbox or list_sandboxes told it')

/** A path inside a sandbox. */
export function path(doc: string): z.ZodString {
  return z
    .string()
    .min(1)
    .max(limits.pathBytes)
    .describe(`${doc}. Absolute, or relative to the working directory of the sandbox`)
}

/** What a shell in the sandbox is to run. */
export const command = z
  .string()
  .min(1)
  .max(limits.mcpTextLength)
  .describe('Shell command, as it would be typed into a terminal inside the sandbox; pipes and several lines are fine')

/** The folder to run something in. */
export const cwd = path('Folder to run it in; default is the working directory of the sandbox').optional()

/** Variables for something that is run. */
export const env = z
  .record(z.string(), z.string().max(limits.envValueBytes))
  .optional()
  .describe('Environment variables beside those of the sandbox, such as {"DEBUG": "1"}')

/** Id of a session of commands. */
export const sessionId = z
  .string()
  .min(1)
  .max(limits.sessionIdLength)
  .describe('Id of the session, as start_command told it')

/** Id of a command of a session. */
export const commandId = z
  .string()
  .min(1)
  .max(limits.sessionIdLength)
  .describe('Id of the command, as start_command told it')

/** A name that is given. */
export function newName(doc: string): z.ZodString {
  return z.string().min(1).max(idLength).describe(doc)
}
