import type { Duplex } from 'node:stream'

/**
 * The contract between server, gateway and engine: plain data in and out, so that an engine can run in a
 * process or on a machine of its own. Orders are the calls; everything that happens comes back as a report.
 */

/** Everything an engine must know to make a sandbox. It is kept with the sandbox; `resize` and `setNetwork` change it. */
export interface SandboxSpec {
  readonly id: string
  /** host name inside */
  readonly hostname: string
  /** name of a snapshot that the engine lists */
  readonly snapshot: string
  /** user inside that works and owns the agent */
  readonly user: string
  /** environment of every command */
  readonly env: Readonly<Record<string, string>>
  /** cores */
  readonly cpu: number
  readonly memoryGib: number
  readonly diskGib: number
  readonly network: NetworkRules
}

/** Where a sandbox may connect to; private ranges, the host and other sandboxes are always out of reach. */
export interface NetworkRules {
  /** nothing but loopback */
  readonly blockAll: boolean
  /** IPv4 CIDRs; `null` is no limit, an empty list is nothing */
  readonly allowList: readonly string[] | null
}

/** What a sandbox may use. */
export interface Resources {
  /** cores */
  readonly cpu: number
  readonly memoryGib: number
  readonly diskGib: number
}

/**
 * State of a sandbox as the engine sees it. `paused`: its processes are there and frozen. `archived`: its disk is packed
 * in the archive store and takes no room of the machine's disks. `absent`: no trace of it is left.
 */
export type EngineState = 'started' | 'paused' | 'stopped' | 'archived' | 'absent'

/** A fact that the engine tells: sent after each change, and for each sandbox by `recover`. */
export interface SandboxReport {
  readonly sandboxId: string
  readonly state: EngineState
  /** why it is no longer running, when nobody asked for it: for people, one sentence */
  readonly reason?: string
}

/** A snapshot that sandboxes can be made from. */
export interface SnapshotInfo {
  readonly name: string
  /** bytes on disk, unpacked */
  readonly sizeBytes: number
  /** epoch ms */
  readonly createdAtMs: number
}

/** The other end of a stream into a sandbox. */
export type DialTarget = { readonly kind: 'agent' } | { readonly kind: 'port'; readonly port: number }

/** Stop order. */
export interface StopOptions {
  /** time between SIGTERM and SIGKILL, ms; 0 kills at once */
  readonly graceMs: number
}

/** What runs sandboxes. Every order can be repeated: a done one answers at once. */
export interface Engine {
  /** Makes and starts a sandbox; resolves when its agent answers. A failure leaves nothing behind. */
  create(spec: SandboxSpec): Promise<void>
  /** Starts a stopped sandbox on the disk it had; resolves when its agent answers. A paused one goes on. */
  start(sandboxId: string): Promise<void>
  /** Ends all processes; the disk stays. */
  stop(sandboxId: string, options: StopOptions): Promise<void>
  /** Freezes the processes of a running sandbox; their memory stays. Nothing inside answers until `resume`. */
  pause(sandboxId: string): Promise<void>
  /** Lets a paused sandbox go on. */
  resume(sandboxId: string): Promise<void>
  /**
   * Makes and starts a sandbox whose disk begins as a copy of the source's, as it is now; the source may run and goes
   * on. The spec's snapshot must be the source's, its disk no smaller. A failure leaves nothing of the new one behind.
   */
  fork(sourceId: string, spec: SandboxSpec): Promise<void>
  /**
   * Changes what a sandbox may use; a running one at once. Throws BAD_REQUEST for a disk that would shrink, CONFLICT when
   * its processes hold more memory than it is to have.
   */
  resize(sandboxId: string, resources: Resources): Promise<void>
  /** Changes where a sandbox may connect to; a running one at once, also for connections that are open. */
  setNetwork(sandboxId: string, network: NetworkRules): Promise<void>
  /** Packs the disk of a stopped sandbox into the archive store and then frees it. */
  archive(sandboxId: string): Promise<void>
  /** Unpacks the disk of an archived sandbox, which is `stopped` then. */
  restore(sandboxId: string): Promise<void>
  /**
   * Saves the disk of a sandbox, running or stopped, as a snapshot; a running one is saved as of one moment. Throws
   * CONFLICT when there is one of the name, UNPROCESSABLE_ENTITY when it would stand on too many others.
   */
  saveSnapshot(sandboxId: string, name: string): Promise<SnapshotInfo>
  /** Removes a snapshot that was saved. Throws CONFLICT while a sandbox or another snapshot stands on it. */
  removeSnapshot(name: string): Promise<void>
  /** Ends all processes and removes every trace, the archive too. */
  destroy(sandboxId: string): Promise<void>
  /** The state right now. */
  inspect(sandboxId: string): Promise<SandboxReport>
  /** A byte stream to the agent, or to a port inside; rejects with BAD_GATEWAY when nothing listens. */
  dial(sandboxId: string, target: DialTarget): Promise<Duplex>
  /** Re-attaches to what runs and clears what was left half-made; call once, before any other order. */
  recover(): Promise<readonly SandboxReport[]>
  /** Snapshots that can be named in a spec. */
  snapshots(): readonly SnapshotInfo[]
  /** Calls the listener with every report until the returned function is called. */
  onReport(listener: (report: SandboxReport) => void): () => void
  /** Lets go of everything; sandboxes go on running. */
  close(): Promise<void>
}
