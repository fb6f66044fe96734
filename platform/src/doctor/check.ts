/** What a check found out about this machine. */
export interface Finding {
  /** `warn`: it works, but people should know */
  readonly status: 'ok' | 'warn' | 'fail'
  /** what is there, or what is not, one line */
  readonly message: string
  /** what to do about it, or what the platform will do */
  readonly hint?: string
}

/** A question about this machine. */
export interface Check {
  readonly name: string
  run(): Promise<Finding> | Finding
}

/** Everything is as it should be. */
export function ok(message: string, hint?: string): Finding {
  return { status: 'ok', message, ...(hint === undefined ? {} : { hint }) }
}

/** It works, but people should know. */
export function warn(message: string, hint: string): Finding {
  return { status: 'warn', message, hint }
}

/** No sandbox can be made like this. */
export function fail(message: string, hint: string): Finding {
  return { status: 'fail', message, hint }
}
