import { PlatformError } from '@sandyard/protocol/errors'
import { limits } from '@sandyard/protocol/limits'
import { resolveCwd } from '../processes/cwd.ts'
import type { TerminalContext } from './shell.ts'
import { Terminal } from './terminal.ts'

/** What a caller asks for; what is absent has a default (toolbox.md 1.6). */
export interface TerminalRequest {
  readonly id: string
  readonly cwd?: string | null | undefined
  readonly envs?: Readonly<Record<string, string>> | null | undefined
  readonly cols?: number | null | undefined
  readonly rows?: number | null | undefined
  readonly lazyStart?: boolean | null | undefined
}

/** The terminals of the sandbox, by the id that the caller chose. */
export interface Terminals {
  /** Makes a terminal, and starts its shell unless that is left for later. */
  create(request: TerminalRequest): Promise<Terminal>
  /** oldest first */
  list(): Terminal[]
  get(id: string): Terminal
  find(id: string): Terminal | undefined
  /** kills the terminal and all that was started in it */
  delete(id: string): Promise<void>
}

/** Last part of the path of another call, which would hide a terminal of that name. */
const reservedId = 'create-connect'

/** Makes the empty collection. A terminal leaves it when its shell exits. */
export function createTerminals(context: TerminalContext): Terminals {
  const terminals = new Map<string, Terminal>()

  const get = (id: string): Terminal => {
    const terminal = terminals.get(id)
    if (terminal === undefined) throw new PlatformError('PROCESS_NOT_FOUND', `There is no terminal ${shown(id)}`)
    return terminal
  }

  return {
    async create(request) {
      const { id } = request
      if (id === reservedId) throw new PlatformError('BAD_REQUEST', `bad request: the id ${reservedId} is reserved`)
      if (terminals.has(id)) throw new PlatformError('CONFLICT', `conflict: terminal ${id} exists already`)
      if (terminals.size >= limits.terminalCount) {
        throw new PlatformError('TOO_MANY_REQUESTS', `There are ${limits.terminalCount} terminals already`)
      }
      const terminal = new Terminal(context, {
        id,
        cwd: resolveCwd(context.workDir, request.cwd ?? ''),
        envs: { TERM: 'xterm-256color', ...request.envs },
        size: { cols: request.cols ?? 80, rows: request.rows ?? 24 },
        lazyStart: request.lazyStart === true,
      })
      const forget = (): void => {
        if (terminals.get(id) === terminal) terminals.delete(id)
      }
      terminals.set(id, terminal)
      void terminal.vanished.then(forget)
      if (!terminal.plan.lazyStart) {
        await terminal.start().catch((thrown: unknown) => {
          forget()
          throw thrown
        })
      }
      return terminal
    },
    list: () => [...terminals.values()],
    get,
    find: (id) => terminals.get(id),
    delete: (id) => get(id).kill(),
  }
}

function shown(id: string): string {
  return id.slice(0, limits.sessionIdLength)
}
