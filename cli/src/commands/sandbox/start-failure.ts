import type { CreateSandboxParams, Sandbox } from '@sandyard/sdk'
import { CommandError, exitCodes } from '../../exit-codes.ts'

/** Where the engine has found a fault of a build: the line, and the image that it begins from. */
const lineOfImage = /^Dockerfile line \d+: (?:\S+: )?/

/**
 * Why a sandbox was not made, for a person: the platform's reason, without the line of a Dockerfile that nobody wrote
 * where it is of an image by its name.
 *
 * @param error what the library threw, which is answered when the sandbox has not failed
 * @param sandbox as it was seen last
 * @param hint what to do about it
 */
export function startFailure(
  error: unknown,
  sandbox: Sandbox | undefined,
  image: CreateSandboxParams['image'],
  hint?: string,
): unknown {
  if (sandbox === undefined || !sandbox.errorReason) return error
  if (sandbox.state !== 'build_failed' && sandbox.state !== 'error') return error
  const reason = typeof image === 'string' ? sandbox.errorReason.replace(lineOfImage, '') : sandbox.errorReason
  return new CommandError(reason, exitCodes.failed, hint)
}
