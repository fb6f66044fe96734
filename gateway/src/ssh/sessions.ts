import { limits, type ProgramStart, type TerminalSize } from '@sandyard/protocol'
import type { PseudoTtyInfo, ServerChannel, Session, WindowChangeInfo } from 'ssh2'
import { type Program, type ProgramPlace, runProgram } from './program.ts'

/** What sessions of one connection share. */
export interface SessionPlace extends Omit<ProgramPlace, 'channel'> {
  /** variables that tell programs who is connected */
  readonly variables: Readonly<Record<string, string>>
  /** path inside of a socket that leads to the client's SSH agent; made at the first ask, null when it cannot be */
  agentSocket(): Promise<string | null>
  readonly programs: Set<Program>
}

/** Variables that a client may set: what tells of its language, its terminal and git. */
const wanted =
  /^(LANG|LANGUAGE|LC_[A-Z]{1,20}|TZ|COLORTERM|NO_COLOR|TERM_PROGRAM(_VERSION)?|EDITOR|VISUAL|GIT_PROTOCOL|GIT_(AUTHOR|COMMITTER)_(NAME|EMAIL|DATE))$/

/**
 * Answers the requests of one session: what it is to be like, then what it runs.
 * @param onOver told when it is closed and nothing of its program is left
 */
export function serveSession(place: SessionPlace, session: Session, onOver: () => void): void {
  const env: Record<string, string> = {}
  let envBytes = 0
  let terminal: ProgramStart['terminal']
  let wantsAgent = false
  let program: Program | null = null
  session.once('close', () => {
    if (program === null) onOver()
    else program.ended.then(onOver, onOver)
  })

  const begin = (channel: ServerChannel | undefined, kind: ProgramStart['kind'], command?: string): void => {
    if (channel === undefined) return
    const start = async (): Promise<ProgramStart> => {
      const socket = wantsAgent ? await place.agentSocket() : null
      return {
        kind,
        ...(command === undefined ? {} : { command }),
        ...(terminal === undefined || kind === 'sftp' ? {} : { terminal }),
        env: { ...env, ...place.variables, ...(socket === null ? {} : { SSH_AUTH_SOCK: socket }) },
      }
    }
    const running = runProgram({ ...place, channel }, start())
    program = running
    place.programs.add(running)
    session.once('close', () => place.programs.delete(running))
  }

  session.on('env', (accept, reject, { key, val }) => {
    envBytes += key.length + val.length
    const fits = envBytes <= limits.sshEnvBytes && Object.keys(env).length < limits.sshEnvCount && !val.includes('\0')
    if (!fits || !wanted.test(key)) return reject?.()
    env[key] = val
    accept?.()
  })
  session.on('pty', (accept, _reject, info: PseudoTtyInfo & { term?: string }) => {
    const name = /^[\w.+-]{1,64}$/.test(info.term ?? '') ? (info.term ?? '') : 'xterm'
    terminal = { ...sizeOf(info), name, modes: info.modes as unknown as Readonly<Record<string, number>> }
    accept?.()
  })
  session.on('window-change', (accept, _reject, info) => {
    const size = sizeOf(info)
    if (terminal !== undefined) terminal = { ...terminal, ...size }
    program?.resize(size)
    accept?.()
  })
  session.on('signal', (accept, _reject, { name }) => {
    program?.signal(name.replace(/^SIG/, '').slice(0, 20))
    accept?.()
  })
  session.on('auth-agent', (accept) => {
    wantsAgent = true
    accept?.()
  })
  session.on('shell', (accept) => begin(accept(), 'shell'))
  session.on('exec', (accept, _reject, { command }) => begin(accept(), 'command', command))
  session.on('subsystem', (accept, reject, { name }) => {
    if (name === 'sftp') begin(accept() as unknown as ServerChannel, 'sftp')
    else reject()
  })
}

function sizeOf({ cols, rows }: Pick<WindowChangeInfo, 'cols' | 'rows'>): TerminalSize {
  const fit = (size: number, usual: number): number => (size > 0 ? Math.min(size, limits.terminalSize) : usual)
  return { cols: fit(cols, 80), rows: fit(rows, 24) }
}
