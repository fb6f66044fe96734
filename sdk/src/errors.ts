/** Sources of errors on the wire: the API, the agent in a sandbox, and the gateway. */
export const SOURCE_API = 'DAYTONA_API'
export const SOURCE_DAEMON = 'DAYTONA_DAEMON'
export const SOURCE_PROXY = 'DAYTONA_PROXY'

/** What to do about an error, by its code. */
const hints: Readonly<Record<string, string>> = {
  UNAUTHORIZED: 'check the API key: DAYTONA_API_KEY, or `apiKey` of the client',
  FORBIDDEN: 'make a key that has the permission, or ask an owner of the organization',
  GIT_AUTH_FAILED: 'give `username` and a token as `password`',
  GIT_PUSH_REJECTED: 'pull first, then push again',
  GIT_DIRTY_WORKTREE: 'commit or reset the changes first',
  PROCESS_EXECUTION_TIMEOUT: 'give a larger timeout, or run it in a session with `runAsync`',
  SESSION_ENDED: 'make another session',
  TOO_MANY_REQUESTS: 'wait as long as the header Retry-After says',
  INSUFFICIENT_CAPACITY: 'delete or stop a sandbox, or ask for less cpu, memory or disk',
  INSUFFICIENT_STORAGE: 'delete files in the sandbox, or resize its disk while it is stopped',
  NOT_IMPLEMENTED: 'this platform does not have the feature',
}

/** Any failure that the client reports. */
export class DaytonaError extends Error {
  /** HTTP status, where there was an answer */
  statusCode?: number | undefined
  /** code of the error table, where the answer had one */
  code?: string | undefined
  /** who answered */
  readonly source?: string | undefined
  headers?: Headers | undefined

  constructor(
    message: string,
    statusCode?: number,
    headers?: Headers,
    code?: string,
    source?: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.name = new.target.name
    this.statusCode = statusCode
    this.headers = headers
    this.code = code
    this.source = source
  }

  /** The code, under its old name. */
  get errorCode(): string | undefined {
    return this.code
  }

  /** The HTTP status, under the name of the web. */
  get status(): number | undefined {
    return this.statusCode
  }

  /** What to do about it, where that is known. */
  get hint(): string | undefined {
    return this.code === undefined ? undefined : hints[this.code]
  }
}

export class DaytonaBadRequestError extends DaytonaError {}
export class DaytonaValidationError extends DaytonaBadRequestError {}
export class DaytonaInvalidArgumentError extends DaytonaValidationError {}
export class DaytonaAuthenticationError extends DaytonaError {}
export class DaytonaForbiddenError extends DaytonaError {}
export class DaytonaAuthorizationError extends DaytonaForbiddenError {}
export class DaytonaNotFoundError extends DaytonaError {}
export class DaytonaConflictError extends DaytonaError {}
export class DaytonaGoneError extends DaytonaError {}
/** The file is another version than `ifMatch` says, or is gone; nothing was written. */
export class DaytonaPreconditionFailedError extends DaytonaError {}
export class DaytonaUnprocessableEntityError extends DaytonaError {}
export class DaytonaRateLimitError extends DaytonaError {}
export class DaytonaInternalServerError extends DaytonaError {}
export class DaytonaBadGatewayError extends DaytonaError {}
export class DaytonaServiceUnavailableError extends DaytonaError {}
/** No answer came: the platform could not be reached, or the connection broke. */
export class DaytonaConnectionError extends DaytonaError {}
/** No answer came within the deadline of the call. */
export class DaytonaConnectionTimeoutError extends DaytonaConnectionError {}

/** Something took longer than it may; also an instance of it is a call that ran into its deadline. */
export class DaytonaTimeoutError extends DaytonaError {
  // biome-ignore-start lint/complexity/noThisInStatic: classes made of this one ask for themselves
  static override [Symbol.hasInstance](value: unknown): boolean {
    if (Function.prototype[Symbol.hasInstance].call(this, value)) return true
    return this === DaytonaTimeoutError && value instanceof DaytonaConnectionTimeoutError
  }
  // biome-ignore-end lint/complexity/noThisInStatic: as above
}

export class DaytonaGitAuthFailedError extends DaytonaAuthenticationError {}
export class DaytonaGitRepoNotFoundError extends DaytonaNotFoundError {}
export class DaytonaGitBranchNotFoundError extends DaytonaNotFoundError {}
export class DaytonaGitBranchExistsError extends DaytonaConflictError {}
export class DaytonaGitPushRejectedError extends DaytonaConflictError {}
export class DaytonaGitDirtyWorktreeError extends DaytonaConflictError {}
export class DaytonaGitMergeConflictError extends DaytonaConflictError {}
export class DaytonaGitTransportFailedError extends DaytonaBadGatewayError {}
export class DaytonaGitRemoteRejectedError extends DaytonaUnprocessableEntityError {}
export class DaytonaFileNotFoundError extends DaytonaNotFoundError {}
export class DaytonaFileAccessDeniedError extends DaytonaForbiddenError {}
export class DaytonaInvalidFilePathError extends DaytonaBadRequestError {}
export class DaytonaFileReadFailedError extends DaytonaInternalServerError {}
export class DaytonaLspServerNotInitializedError extends DaytonaBadRequestError {}
export class DaytonaProcessExecutionTimeoutError extends DaytonaTimeoutError {}
export class DaytonaProcessNotFoundError extends DaytonaNotFoundError {}
export class DaytonaSessionEndedError extends DaytonaGoneError {}
export class DaytonaCommandAlreadyCompletedError extends DaytonaGoneError {}
export class DaytonaA11yUnavailableError extends DaytonaServiceUnavailableError {}
export class DaytonaRecordingStillActiveError extends DaytonaConflictError {}
export class DaytonaRecordingFfmpegNotFoundError extends DaytonaServiceUnavailableError {}

/** A program ended with another exit code than 0, and the caller had asked for an error then. */
export class ProcessExecutionError extends DaytonaError {
  readonly exitCode: number
  /** what it printed, both streams in the order of arrival */
  readonly stdout: string
  /** the same where the streams were not told apart */
  readonly stderr: string

  constructor(message: string, result: { exitCode: number; stdout: string; stderr: string }) {
    super(message)
    this.exitCode = result.exitCode
    this.stdout = result.stdout
    this.stderr = result.stderr
  }
}
