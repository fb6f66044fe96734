import type { Sandbox } from '@sandyard/sdk'

/** A process as it was at one moment. */
export interface ProcessSample {
  readonly pid: number
  readonly parent: number
  /** its short name, as the kernel has it */
  readonly name: string
  /** with its arguments; empty where the kernel tells none */
  readonly command: string
  /** name, or number where there is none; empty where nobody told */
  readonly user: string
  /** CPU time so far, ms */
  readonly cpuMs: number
  /** bytes that it holds in memory */
  readonly memory: number
  /** ticks since the machine started; with the pid it stands for this process and no later one */
  readonly start: number
  /** how long it runs, ms */
  readonly ageMs: number
}

/** All processes of one moment. */
export interface Reading {
  /** time since the machine started, ms */
  readonly atMs: number
  readonly processes: readonly ProcessSample[]
}

/** characters of a command that are asked for */
const commandBytes = 400
/** what Linux tells programs, on every machine */
const msPerTick = 10
const readTimeoutS = 20

/**
 * Reads `/proc` by a shell alone: many images have no `ps`. The mark is another one each time, so that no name of a process
 * can be taken for a part of the answer.
 */
const script = (mark: string): string => `cd /proc && set -- [0-9]* &&
read -r up rest < uptime && printf '%s\\n' "$up $$" &&
(getconf PAGESIZE 2> /dev/null || echo 4096) &&
for p do
  { IFS= read -r s < "$p/stat"; } 2> /dev/null || continue
  printf '\\n${mark}\\n%s\\n' "$s"
  head -c ${commandBytes} "$p/cmdline" 2> /dev/null
done
printf '\\n${mark}\\n'
ls -ldn "$@" 2> /dev/null
printf '\\n${mark}\\n'
head -c 65536 /etc/passwd`

/** What runs in a sandbox now. @throws where it has no shell */
export async function readProcesses(sandbox: Sandbox, signal: AbortSignal): Promise<Reading> {
  const mark = `--${[...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16)).join('')}--`
  const { exitCode, result } = await sandbox.toolbox.call(
    'executeCommand',
    { body: { command: script(mark), cwd: '/', timeout: readTimeoutS } },
    { signal },
  )
  const parts = result.split(`\n${mark}\n`)
  const [up = '', self = '', page = ''] = parts[0]?.trim().split(/\s+/) ?? []
  if (parts.length < 3 || !(Number(up) > 0))
    throw new Error(exitCode === 0 ? 'The sandbox told nothing of its processes' : result.trim().slice(0, 300))
  const atMs = Number(up) * 1000
  const users = readUsers(parts.at(-2) ?? '', parts.at(-1) ?? '')
  const processes = parts.slice(1, -2).flatMap((part) => readOne(part, { atMs, page: Number(page) || 4096, users }))
  // Neither the shell that tells nor what it started.
  const shown = processes.filter(({ pid, parent }) => pid !== Number(self) && parent !== Number(self))
  return { atMs, processes: shown.sort((one, other) => one.pid - other.pid) }
}

/**
 * Sends a signal to a process, unless its number belongs to another by now.
 *
 * @throws with what the system says against it
 */
export async function endProcess(sandbox: Sandbox, { pid, start }: ProcessSample, kind: 'TERM' | 'KILL') {
  const command = `IFS= read -r s < /proc/${pid}/stat && set -- \${s##*) } && [ "\${20}" = ${start} ] && kill -${kind} ${pid}`
  const { exitCode, result } = await sandbox.process.executeCommand(command, '/', {}, readTimeoutS)
  if (exitCode !== 0) throw new Error(result.trim().slice(0, 300) || 'It is not there any more')
}

interface Around {
  readonly atMs: number
  readonly page: number
  readonly users: ReadonlyMap<number, string>
}

/** A line of `stat` and the command after it, in which zero bytes part the words. */
function readOne(part: string, { atMs, page, users }: Around): ProcessSample[] {
  const end = part.indexOf('\n')
  const stat = part.slice(0, end)
  const pid = Number.parseInt(stat, 10)
  // The name is in parentheses and may hold anything, so fields count from the last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (!(pid > 0) || fields.length < 22 || fields[0] === 'Z') return []
  const number = (at: number): number => Number(fields[at]) || 0
  const start = number(19)
  return [
    {
      pid,
      parent: number(1),
      name: stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')')),
      command: part
        .slice(end + 1)
        .split('\0')
        .join(' ')
        .trim(),
      user: users.get(pid) ?? '',
      cpuMs: (number(11) + number(12)) * msPerTick,
      memory: number(21) * page,
      start,
      ageMs: Math.max(0, atMs - start * msPerTick),
    },
  ]
}

/** Users by pid: numbers from the owners of the folders, names from the file of users. */
function readUsers(listing: string, passwd: string): ReadonlyMap<number, string> {
  const names = new Map(
    passwd.split('\n').map((line): [string, string] => {
      const [name = '', , uid = ''] = line.split(':')
      return [uid, name]
    }),
  )
  const users = new Map<number, string>()
  for (const line of listing.split('\n')) {
    const fields = line.trim().split(/\s+/)
    const [uid, pid] = [fields[2] ?? '', Number(fields.at(-1))]
    if (pid > 0) users.set(pid, names.get(uid) ?? uid)
  }
  return users
}
