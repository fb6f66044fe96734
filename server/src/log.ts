/** Where parts tell what happened. The platform passes one in; nothing else prints. */
export interface Log {
  info(fields: LogFields, message: string): void
  warn(fields: LogFields, message: string): void
  error(fields: LogFields, message: string): void
  /** a log that adds these fields to every record */
  child(fields: LogFields): Log
}

/** What a record carries besides its sentence; errors travel as `error`. */
export type LogFields = Readonly<Record<string, unknown>>
