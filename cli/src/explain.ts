import { CommandError, exitCodes } from './exit-codes.ts'

/** What a person is told of a failure. A fault of ours shows where it was. */
export async function explain(
  error: unknown,
): Promise<{ readonly message: string; readonly hint?: string | undefined; readonly exitCode: number }> {
  if (error instanceof CommandError) return error
  const library = await import('@sandyard/sdk')
  if (error instanceof library.DaytonaError) {
    const { message, hint, statusCode } = error
    const isTimeout = error instanceof library.DaytonaTimeoutError
    const isUnreachable = error instanceof library.DaytonaConnectionError
    const isMisused = error instanceof library.DaytonaInvalidArgumentError
    if (statusCode === 401)
      return {
        message,
        hint: 'sandyard login with another key, or set DAYTONA_API_KEY',
        exitCode: exitCodes.notAllowed,
      }
    if (statusCode !== undefined) return { message, hint, exitCode: exitCodeOf(statusCode) }
    if (isTimeout) return { message, hint, exitCode: exitCodes.timedOut }
    if (isUnreachable)
      return {
        message,
        hint: hint ?? 'is the platform running? sandyard up starts it',
        exitCode: exitCodes.unreachable,
      }
    return { message, hint, exitCode: isMisused ? exitCodes.usage : exitCodes.failed }
  }
  return {
    message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    exitCode: exitCodes.failed,
  }
}

function exitCodeOf(status: number): number {
  if (status === 404) return exitCodes.notFound
  if (status === 401 || status === 403) return exitCodes.notAllowed
  if (status === 409) return exitCodes.conflict
  return status === 408 || status === 504 ? exitCodes.timedOut : exitCodes.failed
}
