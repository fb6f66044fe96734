import * as errors from './errors.ts'

type ErrorClass = new (
  message: string,
  statusCode?: number,
  headers?: Headers,
  code?: string,
  source?: string,
) => errors.DaytonaError

/** Classes by status (api.md 7.5). */
const byStatus: Readonly<Record<number, ErrorClass>> = {
  400: errors.DaytonaValidationError,
  401: errors.DaytonaAuthenticationError,
  403: errors.DaytonaAuthorizationError,
  404: errors.DaytonaNotFoundError,
  408: errors.DaytonaTimeoutError,
  409: errors.DaytonaConflictError,
  410: errors.DaytonaGoneError,
  412: errors.DaytonaPreconditionFailedError,
  422: errors.DaytonaUnprocessableEntityError,
  429: errors.DaytonaRateLimitError,
  500: errors.DaytonaInternalServerError,
  502: errors.DaytonaBadGatewayError,
  503: errors.DaytonaServiceUnavailableError,
  504: errors.DaytonaTimeoutError,
}

/** Classes by code, of errors that the agent in a sandbox answers (toolbox.md 0.3). */
const byCode: Readonly<Record<string, ErrorClass>> = {
  GIT_AUTH_FAILED: errors.DaytonaGitAuthFailedError,
  GIT_REPO_NOT_FOUND: errors.DaytonaGitRepoNotFoundError,
  GIT_BRANCH_NOT_FOUND: errors.DaytonaGitBranchNotFoundError,
  GIT_BRANCH_EXISTS: errors.DaytonaGitBranchExistsError,
  GIT_PUSH_REJECTED: errors.DaytonaGitPushRejectedError,
  GIT_DIRTY_WORKTREE: errors.DaytonaGitDirtyWorktreeError,
  GIT_MERGE_CONFLICT: errors.DaytonaGitMergeConflictError,
  GIT_TRANSPORT_FAILED: errors.DaytonaGitTransportFailedError,
  GIT_REMOTE_REJECTED: errors.DaytonaGitRemoteRejectedError,
  FILE_NOT_FOUND: errors.DaytonaFileNotFoundError,
  FILE_ACCESS_DENIED: errors.DaytonaFileAccessDeniedError,
  INVALID_FILE_PATH: errors.DaytonaInvalidFilePathError,
  FILE_READ_FAILED: errors.DaytonaFileReadFailedError,
  LSP_SERVER_NOT_INITIALIZED: errors.DaytonaLspServerNotInitializedError,
  PROCESS_EXECUTION_TIMEOUT: errors.DaytonaProcessExecutionTimeoutError,
  PROCESS_NOT_FOUND: errors.DaytonaProcessNotFoundError,
  SESSION_ENDED: errors.DaytonaSessionEndedError,
  COMMAND_ALREADY_COMPLETED: errors.DaytonaCommandAlreadyCompletedError,
  A11Y_UNAVAILABLE: errors.DaytonaA11yUnavailableError,
  RECORDING_STILL_ACTIVE: errors.DaytonaRecordingStillActiveError,
  RECORDING_FFMPEG_NOT_FOUND: errors.DaytonaRecordingFfmpegNotFoundError,
}

/** The error that an answer stands for: by source and code where it has both, else by status. */
export function answerError(status: number, headers: Headers, text: string): errors.DaytonaError {
  const body = parseObject(text)
  const message =
    textOf(body.message) ?? textOf(body.error) ?? (text.slice(0, 2000) || `The platform answered ${status}`)
  const code = textOf(body.code) ?? textOf(body.error_code)
  const source = textOf(body.source)
  const special = source === errors.SOURCE_DAEMON && code !== undefined ? byCode[code] : undefined
  const ErrorOfAnswer = special ?? byStatus[status] ?? errors.DaytonaError
  return new ErrorOfAnswer(message, status, headers, code, source)
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {}
  } catch {
    // A proxy on the way answers pages, not JSON; then the text itself is the message.
    return {}
  }
}

function textOf(value: unknown): string | undefined {
  if (Array.isArray(value)) return value.join(', ')
  return typeof value === 'string' && value !== '' ? value : undefined
}
