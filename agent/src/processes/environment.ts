import { PlatformError } from '@sandyard/protocol/errors'
import { limits } from '@sandyard/protocol/limits'

/** What `POST /env` asks for. */
export interface EnvironmentChange {
  readonly set?: Readonly<Record<string, string>> | null | undefined
  readonly unset?: readonly string[] | null | undefined
  readonly unsetValuePrefix?: string | null | undefined
}

/** The variables that commands started from now on inherit. */
export interface SandboxEnvironment {
  /** a fresh copy */
  read(): Record<string, string>
  change(change: EnvironmentChange): void
}

/** Prefix of variables that are the agent's own business and are not inherited by commands. */
const internalPrefix = 'SANDYARD_'

const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** Makes the environment from the one the agent was started with. */
export function createEnvironment(inherited: NodeJS.ProcessEnv): SandboxEnvironment {
  let variables = new Map<string, string>([['PATH', defaultPath]])
  for (const [name, value] of Object.entries(inherited)) {
    if (value !== undefined && !name.startsWith(internalPrefix)) variables.set(name, value)
  }
  return {
    read: () => Object.fromEntries(variables),
    change(change) {
      const next = apply(variables, change)
      let bytes = 0
      for (const [name, value] of next) bytes += Buffer.byteLength(name) + Buffer.byteLength(value) + 2
      if (bytes > limits.envBytes) {
        throw new PlatformError('BAD_REQUEST', `The environment would be larger than ${limits.envBytes} bytes`)
      }
      variables = next
    },
  }
}

/** Unset, then remove by value, then set: the order of toolbox.md 1.1. */
function apply(variables: ReadonlyMap<string, string>, change: EnvironmentChange): Map<string, string> {
  const next = new Map(variables)
  const set = change.set ?? {}
  for (const name of change.unset ?? []) next.delete(name)
  const prefix = change.unsetValuePrefix ?? ''
  if (prefix !== '') {
    for (const [name, value] of next) {
      if (value.startsWith(prefix) && !Object.hasOwn(set, name)) next.delete(name)
    }
  }
  for (const [name, value] of Object.entries(set)) next.set(name, value)
  return next
}
