/** The sandbox that a command is about. */
export const sandboxArgument = { count: 'one', doc: 'id or name', completes: 'sandbox' } as const

/** Wait of commands that change one sandbox. */
export const timeoutFlag = {
  type: 'number',
  value: 'SECONDS',
  min: 0,
  doc: 'longest wait, default 60, 0 for ever',
} as const
