import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { caMount, pidLimit } from '../bundle.ts'
import { cgroupViews, countRefusedProcesses } from '../cgroup/cgroup.ts'
import { diskPaths } from '../disk/disks.ts'
import { start } from '../host/run.ts'
import { sandboxPaths } from '../layout.ts'
import { slotNames } from '../network/slots.ts'
import { requireReadable } from '../runtime/read-inside.ts'
import { removeContainer, sandboxCgroup, wasOutOfMemory } from '../runtime/runc.ts'
import { runtimeMount, runtimeSpec } from '../runtime/spec.ts'
import { type Ground, hostname, type Root } from './ground.ts'

/** A program that runs in a stage. */
export interface Program {
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** made when it is not there */
  readonly workDir: string
  readonly user: {
    readonly uid: number
    readonly gid: number
    readonly groups: readonly number[]
    readonly home: string
  }
  readonly hasNetwork: boolean
  /** what it complains of comes with what it prints, in one order */
  readonly isMerged: boolean
  /** as the OCI runtime takes them */
  readonly mounts: readonly unknown[]
}

/** How it ended. */
export interface Outcome {
  readonly exitCode: number | null
  /** processes were ended because they had used up the memory */
  readonly wasOutOfMemory: boolean
  /** processes could not be started because they were too many */
  readonly wasOutOfProcesses: boolean
  /** why it was not even started, or `null` */
  readonly fault: string | null
}

/** A program that runs in a stage, with its pipes. */
export interface RunningInside {
  readonly stdin: Writable
  readonly stdout: Readable
  readonly stderr: Readable
  /** When it has ended, and all that it started with it. */
  readonly outcome: Promise<Outcome>
}

/** The parts of the OCI configuration that differ from a sandbox's. */
interface Config {
  readonly process: { args: readonly string[]; cwd: string }
  readonly mounts: unknown[]
  readonly linux: { namespaces: readonly { readonly type: string; readonly path?: string }[] }
}

/** Becomes what follows it, with one place for both kinds of output. */
const merge = [`${runtimeMount}/bin/busybox`, 'sh', '-c', 'exec "$0" "$@" 2>&1']

/**
 * Starts a program in a sandbox of its own on the stage's disk: process 1 is our init, so its end is the end of all that
 * it started. Ends with the ground's signal.
 */
export async function startInside(ground: Ground, root: Root, program: Program): Promise<RunningInside> {
  ground.signal.throwIfAborted()
  const { layout } = ground.context
  const id = ground.nextId()
  const paths = sandboxPaths(layout, id)
  requireReadable(root.path)
  const config = await configOf(ground, root, { id, program })
  mkdirSync(paths.bundle, { recursive: true, mode: 0o700 })
  mkdirSync(layout.runc, { recursive: true, mode: 0o700 })
  writeFileSync(join(paths.bundle, 'config.json'), JSON.stringify(config), { mode: 0o600 })
  // Kept after its end, until its cgroup has told what happened in it.
  const flags = [
    '--root',
    layout.runc,
    '--log',
    logOf(paths.bundle),
    '--log-format',
    'json',
    'run',
    '--keep',
    '--bundle',
    paths.bundle,
  ]
  const running = start('runc', [...flags, id])
  const { stdin, stdout, stderr } = running
  ground.hasBegun(id, () => {
    running.kill()
    // What nobody reads keeps its pipe open.
    for (const stream of [stdin, stdout, stderr]) stream.destroy()
  })
  const outcome = waitFor(ground, id, running)
  outcome.catch(() => {}) // Whoever waits for it is told, be it later.
  return { stdin, stdout, stderr, outcome }
}

async function waitFor(ground: Ground, id: string, running: ReturnType<typeof start>): Promise<Outcome> {
  const { layout } = ground.context
  const cgroup = sandboxCgroup(layout, id)
  const abort = (): void => {
    running.kill()
    // What it started holds the pipes.
    removeContainer(layout, id).catch(() => {}) // Tried again below.
  }
  ground.signal.addEventListener('abort', abort, { once: true })
  if (ground.signal.aborted) abort()
  try {
    const exitCode = await running.ended
    return {
      exitCode,
      wasOutOfMemory: wasOutOfMemory(layout, id),
      wasOutOfProcesses: countRefusedProcesses(cgroup) > 0,
      fault: exitCode === 0 ? null : readFault(logOf(sandboxPaths(layout, id).bundle)),
    }
  } finally {
    ground.signal.removeEventListener('abort', abort)
    await removeContainer(layout, id)
    ground.hasEnded(id)
    ground.signal.throwIfAborted()
  }
}

function logOf(bundle: string): string {
  return join(bundle, 'runc.log')
}

/** What the OCI runtime complains of; programs inside cannot write to its log. */
function readFault(log: string): string | null {
  if (!existsSync(log)) return null
  const lines = readFileSync(log, 'utf8').split('\n')
  const messages = lines.flatMap((line) => {
    if (!line.includes('"level":"error"')) return []
    const { msg } = JSON.parse(line) as { msg?: unknown }
    return typeof msg === 'string' ? [msg.slice(0, 500)] : []
  })
  return messages.at(-1) ?? null
}

async function configOf(
  ground: Ground,
  root: Root,
  { id, program }: { id: string; program: Program },
): Promise<Config> {
  const { context, resources, rootId } = ground
  const { layout } = context
  const slot = program.hasNetwork ? await ground.slot() : null
  const config = runtimeSpec({
    spec: {
      id,
      hostname,
      snapshot: '',
      user: '',
      env: {},
      ...resources,
      network: { blockAll: !program.hasNetwork, allowList: null },
      volumes: [],
    },
    rootId,
    root: root.path,
    etc: diskPaths(layout, root.diskId).etc,
    runtime: context.runtimeFolder,
    networkNamespace: slot === null ? '' : slotNames(layout, slot).namespace,
    cgroup: sandboxCgroup(layout, id),
    cgroupViews: cgroupViews(sandboxCgroup(layout, id)),
    seccomp: context.seccomp,
    user: program.user,
    workDir: program.workDir,
    env: program.env,
    pidLimit,
    caFile: context.caFile === null ? null : { source: context.caFile, destination: caMount },
    volumes: [],
  }) as Config
  const init = [`${runtimeMount}/bin/init`, '--', ...program.args]
  config.process.args = program.isMerged ? [...merge, ...init] : init
  config.process.cwd = program.workDir
  config.mounts.push(...program.mounts)
  // A namespace of its own has nothing but loopback.
  if (slot === null) {
    config.linux.namespaces = config.linux.namespaces.map((namespace) =>
      namespace.type === 'network' ? { type: 'network' } : namespace,
    )
  }
  return config
}
