import { limits } from '@sandyard/protocol'

/** What is sent besides the row's method and path. */
export interface Sent {
  /** values of path parameters */
  readonly params?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string | readonly string[]>>
  /** text goes as it is, everything else as JSON */
  readonly body?: unknown
  readonly type?: string
}

/** A wrong request: what it has other than the good one, and what the answer must be. */
export interface Wrong extends Sent {
  readonly status: number
  readonly message: RegExp
}

/** A row: a request that only its state may be wrong about, and what can be wrong in particular. */
export interface Entry extends Sent {
  readonly wrong: readonly Wrong[]
}

/** One byte more than a path may have. */
export const longPath = `/${'x'.repeat(limits.pathBytes)}`
/** What no path and no argument of a program can hold. */
export const nul = 'a\0b'

/** A `path` in the query, wrong in each way. */
export const paths = {
  missing: { query: {}, status: 400, message: /path/ },
  empty: { query: { path: '' }, status: 400, message: /path/ },
  twice: { query: { path: ['a', 'b'] }, status: 400, message: /path/ },
  nul: { query: { path: nul }, status: 400, message: /NUL/ },
  long: { query: { path: longPath }, status: 400, message: /at most 4096 bytes|longer than 4096/ },
  longInBytes: { query: { path: `/${'ä'.repeat(3000)}` }, status: 400, message: /4096 bytes/ },
  longName: { query: { path: `/tmp/${'x'.repeat(300)}` }, status: 400, message: /name/i },
  unknown: { query: { path: '/no/such/path' }, status: 404, message: /no such|not found/i },
  belowFile: { query: { path: '/etc/passwd/x' }, status: 400, message: /./ },
} satisfies Record<string, Wrong>

/** A wrong JSON body. */
export const field = (body: unknown, message: RegExp, status = 400): Wrong => ({ body, status, message })

/** A wrong query. */
export const query = (values: Sent['query'], message: RegExp, status = 400): Wrong => ({
  ...(values === undefined ? {} : { query: values }),
  status,
  message,
})
