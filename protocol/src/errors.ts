/**
 * One table of every failure a caller can meet, and the one class that carries them.
 * Codes are wire strings: the published clients choose their error class by `source` and `code`.
 */

/** A row of the error table. */
interface ErrorRow {
  /** HTTP status the edge answers with */
  readonly status: number
  /** what it means, one line, for `docs/reference/errors.md` */
  readonly meaning: string
}

/** Every code, its status and its meaning. */
export const errorTable = {
  BAD_REQUEST: { status: 400, meaning: 'The request is not valid; the message says which part.' },
  INVALID_REQUEST_BODY: { status: 400, meaning: 'The body is not JSON, or not of the documented shape.' },
  INVALID_FILE_PATH: { status: 400, meaning: 'The path is empty, or names a folder where a file is needed.' },
  LSP_SERVER_NOT_INITIALIZED: { status: 400, meaning: 'The language server was not started for this project.' },
  UNAUTHORIZED: { status: 401, meaning: 'No credentials, or credentials that are not known or have expired.' },
  GIT_AUTH_FAILED: { status: 401, meaning: 'The git remote refused the credentials.' },
  FORBIDDEN: { status: 403, meaning: 'The credentials are known but may not do this.' },
  FILE_ACCESS_DENIED: { status: 403, meaning: 'The sandbox user may not read or write this file.' },
  NOT_FOUND: { status: 404, meaning: 'There is no such thing, or it belongs to another organization.' },
  FILE_NOT_FOUND: { status: 404, meaning: 'There is no such file or folder in the sandbox.' },
  PROCESS_NOT_FOUND: { status: 404, meaning: 'There is no such session, command or terminal in the sandbox.' },
  GIT_REPO_NOT_FOUND: { status: 404, meaning: 'There is no git repository at this path or URL.' },
  GIT_BRANCH_NOT_FOUND: { status: 404, meaning: 'The repository has no such branch, tag or commit.' },
  METHOD_NOT_ALLOWED: { status: 405, meaning: 'The path exists, but not for this method.' },
  REQUEST_TIMEOUT: { status: 408, meaning: 'The request did not finish within its time.' },
  PROCESS_EXECUTION_TIMEOUT: { status: 408, meaning: 'The command ran longer than its timeout and was killed.' },
  CONFLICT: { status: 409, meaning: 'The thing exists already, or another change of it is under way.' },
  GIT_BRANCH_EXISTS: { status: 409, meaning: 'The branch or repository exists already.' },
  GIT_PUSH_REJECTED: { status: 409, meaning: 'The push is not a fast-forward.' },
  GIT_DIRTY_WORKTREE: { status: 409, meaning: 'Uncommitted changes stand in the way.' },
  GIT_MERGE_CONFLICT: { status: 409, meaning: 'The histories do not merge without a conflict.' },
  GONE: { status: 410, meaning: 'The thing existed and has ended.' },
  SESSION_ENDED: { status: 410, meaning: "The session's shell has ended." },
  COMMAND_ALREADY_COMPLETED: { status: 410, meaning: 'The command has ended and takes no more input.' },
  PRECONDITION_FAILED: { status: 412, meaning: 'The file is another version than the request says, or is gone.' },
  PAYLOAD_TOO_LARGE: { status: 413, meaning: 'The request body is larger than the documented limit.' },
  URI_TOO_LONG: { status: 414, meaning: 'The path or query is longer than the documented limit.' },
  UNPROCESSABLE_ENTITY: { status: 422, meaning: 'The request is understood but this sandbox cannot do it.' },
  GIT_REMOTE_REJECTED: { status: 422, meaning: 'The git remote refused the push.' },
  TOO_MANY_REQUESTS: { status: 429, meaning: 'Too many requests; wait as the headers say.' },
  INTERNAL_SERVER_ERROR: { status: 500, meaning: 'A fault of the platform; its log has the request id.' },
  FILE_READ_FAILED: { status: 500, meaning: 'The file could not be read to its end.' },
  NOT_IMPLEMENTED: { status: 501, meaning: 'This build does not have the feature; docs/limitations.md lists them.' },
  BAD_GATEWAY: { status: 502, meaning: 'Nothing answered on that port of the sandbox.' },
  GIT_TRANSPORT_FAILED: { status: 502, meaning: 'The git remote could not be reached.' },
  SERVICE_UNAVAILABLE: { status: 503, meaning: 'Not ready now; try again.' },
  INSUFFICIENT_CAPACITY: { status: 503, meaning: 'The machine has no room for another sandbox.' },
  REQUEST_GATEWAY_TIMEOUT: { status: 504, meaning: 'The sandbox did not answer in time.' },
  INSUFFICIENT_STORAGE: { status: 507, meaning: "The sandbox's disk is full." },
} as const satisfies Record<string, ErrorRow>

/** A code of the error table. */
export type ErrorCode = keyof typeof errorTable

/** Who answers: the wire names of server, agent and gateway. */
export type ErrorSource = 'DAYTONA_API' | 'DAYTONA_DAEMON' | 'DAYTONA_PROXY'

const brand = Symbol.for('sandyard.PlatformError')

/** An expected failure that a caller can meet. Everything else is a plain `Error` and answers 500. */
export class PlatformError extends Error {
  readonly code: ErrorCode
  readonly [brand] = true

  /**
   * @param code a code of the error table
   * @param message what was tried, on which id, and why it failed
   * @param options `cause` keeps the original
   */
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'PlatformError'
    this.code = code
  }

  /** HTTP status of the code. */
  get status(): number {
    return errorTable[this.code].status
  }
}

/** True for a `PlatformError`, also one made by another copy of this package. */
export function isPlatformError(value: unknown): value is PlatformError {
  return typeof value === 'object' && value !== null && brand in value
}

/** Where an error happened, for its body. */
export interface ErrorContext {
  readonly source: ErrorSource
  readonly method: string
  /** path of the request, without the query */
  readonly path: string
  /** shown to the caller of an unexpected failure, and in the log beside its cause */
  readonly requestId?: string
}

/** Error body on the wire: `shared` form of API (api.md 3.5) and toolbox (toolbox.md 0.3). */
export interface ErrorBody {
  readonly statusCode: number
  readonly error: string
  readonly message: string
  readonly code: string
  readonly source: ErrorSource
  readonly method: string
  readonly path: string
  /** RFC 3339 */
  readonly timestamp: string
}

/** The wire body for any thrown value; an unexpected one tells nothing but the request id. */
export function toErrorBody(thrown: unknown, context: ErrorContext): ErrorBody {
  const code: ErrorCode = isPlatformError(thrown) ? thrown.code : 'INTERNAL_SERVER_ERROR'
  const statusCode = errorTable[code].status
  const hidden = `An unexpected error occurred.${context.requestId === undefined ? '' : ` Request id: ${context.requestId}`}`
  return {
    statusCode,
    error: reasonPhrase(statusCode),
    message: isPlatformError(thrown) ? thrown.message : hidden,
    code,
    source: context.source,
    method: context.method,
    path: context.path,
    timestamp: new Date().toISOString(),
  }
}

const reasonPhrases: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  410: 'Gone',
  413: 'Payload Too Large',
  414: 'URI Too Long',
  422: 'Unprocessable Entity',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  507: 'Insufficient Storage',
}

function reasonPhrase(status: number): string {
  return reasonPhrases[status] ?? 'Error'
}
