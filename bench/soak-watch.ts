import { readdirSync, readFileSync } from 'node:fs'

/** What a process has at one moment. */
export interface ProcessState {
  readonly pssKib: number
  readonly rssKib: number
  readonly fds: number
  readonly threads: number
}

/** A sandbox at one moment. */
export interface SandboxState {
  readonly agent: ProcessState
  /** pids of processes that have ended and that nobody has waited for */
  readonly zombies: readonly number[]
  /** all processes inside, init and agent too */
  readonly processes: number
}

interface Entry {
  readonly pid: number
  readonly parent: number
  readonly isZombie: boolean
}

/** Looks at the sandbox whose agent was found by `findAgent`. */
export function lookAtSandbox(agent: number): SandboxState {
  const entries = allProcesses()
  const init = entries.find(({ pid }) => pid === agent)?.parent
  if (init === undefined) throw new Error(`the agent ${agent} is gone`)
  const inside = descendants(entries, init)
  return {
    agent: lookAtProcess(agent),
    zombies: inside.filter(({ isZombie }) => isZombie).map(({ pid }) => pid),
    processes: inside.length + 1,
  }
}

/** Memory, descriptors and threads of a process. */
export function lookAtProcess(pid: number): ProcessState {
  const memory = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  const kib = (field: string): number => Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(memory)?.[1])
  return {
    pssKib: kib('Pss'),
    rssKib: kib('Rss'),
    fds: readdirSync(`/proc/${pid}/fd`).length,
    threads: readdirSync(`/proc/${pid}/task`).length,
  }
}

/** The agent among the processes of a sandbox's cgroup: the program of ours that process 1 has started. */
export function findAgent(sandboxId: string): number {
  const entries = allProcesses()
  const inside = entries.filter(({ pid }) => read(`/proc/${pid}/cgroup`).includes(sandboxId))
  const pids = new Set(inside.map(({ pid }) => pid))
  const init = inside.find(({ parent }) => !pids.has(parent))
  const agent = inside.find(
    ({ pid, parent }) => parent === init?.pid && read(`/proc/${pid}/cmdline`).startsWith('/opt/sandyard/'),
  )
  if (agent === undefined) throw new Error(`no agent of ${sandboxId} is running`)
  return agent.pid
}

function descendants(entries: readonly Entry[], ancestor: number): Entry[] {
  const children = entries.filter(({ parent }) => parent === ancestor)
  return children.flatMap((child) => [child, ...descendants(entries, child.pid)])
}

function allProcesses(): Entry[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      // The name of the program, in brackets, may hold anything.
      const [state, parent] = read(`/proc/${name}/stat`)
        .replace(/^.*\) /s, '')
        .split(' ')
      return parent === undefined ? [] : [{ pid: Number(name), parent: Number(parent), isZombie: state === 'Z' }]
    })
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return '' // It has ended meanwhile.
  }
}
