import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs'
import { uptime } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'

/** Variable that marks every process of a tree, also those that left its process group. */
export const treeVariable = 'SANDYARD_TREE'

/** What Linux tells programs, on every machine. */
const ticksPerSecond = 100

/** A started program with all it started. */
export interface Tree {
  /** process, group and session id of its root; null once that has ended */
  readonly leader: number | null
  /** value of the tree's variable */
  readonly mark: string
}

/** Kills a whole tree at once and returns when none of it is left, or after about two seconds of trying. */
export async function killTree(tree: Tree): Promise<void> {
  for (let round = 0; round < 60; round++) {
    if (signalTree(tree, 'SIGKILL') === 0) return
    await delay(round < 10 ? 2 : 40)
  }
}

/** Asks a tree to end, waits up to `graceMs`, then kills what is left. */
export async function endTree(tree: Tree, graceMs: number): Promise<void> {
  const deadline = performance.now() + graceMs
  let left = signalTree(tree, 'SIGTERM')
  for (let round = 0; left > 0 && performance.now() < deadline; round++) {
    await delay(round < 10 ? 5 : 50)
    left = findTree(tree).length
  }
  if (left > 0) await killTree(tree)
}

/** Sends a signal to the group of a tree's root, when that has not ended. */
export function signalGroup({ leader }: Tree, signal: NodeJS.Signals): void {
  if (leader !== null) send(-leader, signal)
}

/**
 * Tells a tree's root that its caller has gone, and those of its group that have one of the caller's `files` (see
 * `fileOf`) as standard input, output or error; `null`: all of them. What has files of its own was started to outlive
 * that and goes on, as with OpenSSH: editors start their servers so, which do not ignore the signal.
 */
export function hangUp(tree: Tree, files: ReadonlySet<string> | null): void {
  const { leader } = tree
  if (leader === null) return
  if (files === null) {
    signalGroup(tree, 'SIGHUP')
    signalGroup(tree, 'SIGCONT')
    return
  }
  const told = new Set<number>()
  // What is forked meanwhile is found by another look.
  for (let round = 0; round < 3; round++) {
    const members = readProcesses().filter(
      ({ pid, group }) => group === leader && !told.has(pid) && (pid === leader || hasFile(pid, files)),
    )
    if (members.length === 0) return
    for (const { pid } of members) {
      told.add(pid)
      send(pid, 'SIGHUP')
      send(pid, 'SIGCONT')
    }
  }
}

/** What tells a file from all others, also one without a name. */
export function fileOf({ dev, ino }: { readonly dev: number; readonly ino: number }): string {
  return `${dev} ${ino}`
}

function hasFile(pid: number, files: ReadonlySet<string>): boolean {
  return [0, 1, 2].some((fd) => {
    try {
      return files.has(fileOf(statSync(`/proc/${pid}/fd/${fd}`)))
    } catch (thrown) {
      // One that is closed is nobody's; of another user's process it is not told.
      return (thrown as NodeJS.ErrnoException).code !== 'ENOENT'
    }
  })
}

/** A moment, as processes that begin tell it. */
export interface Moment {
  /** ticks since the machine started, as `/proc/<pid>/stat` counts them */
  readonly ticks: number
  /** the newest process, which tells in the one tick that was before and after */
  readonly pid: number
}

/** One process, also when its id is given to another later. */
export interface Member {
  readonly pid: number
  /** ticks since the machine started */
  readonly start: number
}

/** The moment that it is now. */
export function now(): Moment {
  const newest = read('/proc/loadavg')?.toString('latin1').trim().split(' ').at(-1)
  return { ticks: Math.floor(uptime() * ticksPerSecond), pid: Number(newest ?? 0) }
}

/** Processes of a tree that began since then; not its root, and not what older ones began meanwhile. */
export function findSince(tree: Tree, { ticks, pid: newest }: Moment): Member[] {
  const rows = readProcesses()
  const known = new Map(rows.map((row) => [row.pid, row]))
  const members = new Set(findTree(tree, rows))
  const isOfYoung = (row: Row): boolean => {
    const seen = new Set<number>()
    for (let at: Row | undefined = row; at !== undefined && at.pid !== tree.leader && members.has(at.pid); ) {
      if (at.start < ticks || (at.start === ticks && at.pid <= newest)) return false
      if (seen.has(at.pid)) break
      seen.add(at.pid)
      at = known.get(at.parent)
    }
    return true
  }
  return rows.filter((row) => row.pid !== tree.leader && members.has(row.pid) && isOfYoung(row))
}

/** Those that are still there. */
export function stillThere(members: readonly Member[]): Member[] {
  const starts = new Map(readProcesses().map(({ pid, start }) => [pid, start]))
  return members.filter(({ pid, start }) => starts.get(pid) === start)
}

/** Sends a signal to processes, and lets go on what was stopped. */
export function signalAll(members: readonly Member[], signal: NodeJS.Signals): void {
  for (const { pid } of members) {
    send(pid, signal)
    send(pid, 'SIGCONT')
  }
}

/** Sends a signal to every process of a tree and tells how many there were. */
function signalTree(tree: Tree, signal: NodeJS.Signals): number {
  // The group first: it is one call that a fork cannot escape.
  if (tree.leader !== null) send(-tree.leader, signal)
  const members = findTree(tree)
  for (const pid of members) send(pid, signal)
  return members.length
}

/**
 * A process can show an environment as large as it likes. So much of one is looked at, as long as all together have
 * less than `environmentsBytes`; then so much as an ordinary one has.
 */
const largeEnvironmentBytes = 4 * 1024 * 1024
const environmentBytes = 64 * 1024
const environmentsBytes = 64 * 1024 * 1024

interface Row extends Member {
  readonly parent: number
  readonly group: number
  readonly session: number
}

/** Processes of a tree that are alive: its session, everything with its mark, and the descendants of those. */
function findTree(tree: Tree, rows = readProcesses()): number[] {
  const found = new Set<number>()
  const piece = Buffer.allocUnsafe(environmentBytes)
  let room = environmentsBytes
  for (const row of rows) {
    if (tree.leader !== null && row.session === tree.leader) {
      found.add(row.pid)
      continue
    }
    const most = Math.max(environmentBytes, Math.min(largeEnvironmentBytes, room))
    const { isFound, size } = findMark(row.pid, tree.mark, most, piece)
    if (isFound) found.add(row.pid)
    room -= size
  }
  for (let before = -1; before !== found.size; ) {
    before = found.size
    for (const row of rows) if (found.has(row.parent)) found.add(row.pid)
  }
  return [...found]
}

function readProcesses(): Row[] {
  const rows: Row[] = []
  for (const name of readdirSync('/proc')) {
    const pid = Number(name)
    if (!Number.isInteger(pid) || pid <= 1 || pid === process.pid) continue
    const text = read(`/proc/${name}/stat`)?.toString('latin1')
    if (text === undefined) continue
    // The name is in parentheses and may hold anything, so fields count from the last one.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    if (fields[0] === 'Z' || fields[0] === 'X') continue
    const [parent, group, session] = fields.slice(1, 4).map(Number)
    rows.push({ pid, parent: parent ?? 0, group: group ?? 0, session: session ?? 0, start: Number(fields[19]) })
  }
  return rows
}

/** Looks for the mark in the first bytes of a process's environment, and tells how many were looked at. */
function findMark(pid: number, mark: string, most: number, piece: Buffer) {
  const wanted = `${treeVariable}=${mark}`
  let size = 0
  let fd: number | null = null
  try {
    fd = openSync(`/proc/${pid}/environ`, 'r')
    // The end of a piece stays, as the mark can lie across it.
    for (let kept = 0; size < most; ) {
      const count = readSync(fd, piece, kept, piece.length - kept, null)
      if (count === 0) break
      size += count
      const end = kept + count
      if (piece.subarray(0, end).includes(wanted)) return { isFound: true, size }
      kept = Math.min(end, wanted.length)
      piece.copyWithin(0, end - kept, end)
    }
  } catch {
    // ended meanwhile, or not ours
  } finally {
    if (fd !== null) closeSync(fd)
  }
  return { isFound: false, size }
}

function read(path: string): Buffer | null {
  try {
    return readFileSync(path)
  } catch {
    return null // ended meanwhile, or not ours
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // Ended meanwhile, or of another user: nothing that we could do about it.
  }
}
