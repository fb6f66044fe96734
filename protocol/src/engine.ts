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
  /** what is mounted beside its disk */
  readonly volumes: readonly VolumeMount[]
  /** another sandbox that it reaches, and that reaches it; absent: none */
  readonly link?: SandboxLink
  /** secrets that its programs use without ever having them; absent: none */
  readonly secrets?: readonly SecretUse[]
}

/** A secret in a sandbox: what stands for it there. The value is asked for with `RevealSecrets`, and kept nowhere. */
export interface SecretUse {
  /** variable inside that holds the placeholder */
  readonly env: string
  /** stands for the value in the headers and the query of HTTPS requests to the hosts */
  readonly placeholder: string
  /** hosts that get the value: names in lower case, `example.com` or `*.example.com` for all below it; not empty */
  readonly hosts: readonly string[]
}

/** The value of a secret, for the moment in which a request needs it. */
export interface RevealedSecret {
  readonly placeholder: string
  readonly value: string
  /** as now; see `SecretUse` */
  readonly hosts: readonly string[]
}

/** Gives the values of the secrets that a sandbox has now; none for a sandbox that may use none any more. */
export type RevealSecrets = (sandboxId: string) => Promise<readonly RevealedSecret[]>

/** Two sandboxes that reach each other by name, also where all else is closed to them, but not with `blockAll`. */
export interface SandboxLink {
  /** the sandbox that this one follows; it may be stopped or gone */
  readonly sandboxId: string
  /** name of that one and of this one, beside their ids; one that is no label of a host name is not known */
  readonly name: string
  readonly ownName: string
}

/** A volume in a sandbox. */
export interface VolumeMount {
  /** a volume that `makeVolume` made */
  readonly volumeId: string
  /** absolute path inside; made when it is missing */
  readonly mountPath: string
  /** folder of the volume that is mounted, made when it is missing; `null` is all of it */
  readonly subpath: string | null
}

/**
 * Where a sandbox may connect to; private ranges, the host, other sandboxes and IPv6 are always out of reach. With one of the
 * lists of what is allowed only what it has is open, with both what one of them has. What is denied is closed in any case.
 */
export interface NetworkRules {
  /** nothing but loopback, whatever the lists say */
  readonly blockAll: boolean
  /** IPv4 CIDRs; `null` is no limit, an empty list is nothing */
  readonly allowList: readonly string[] | null
  /**
   * Names in lower case, `example.com` or `*.example.com` for all below it: only these are known inside, and the
   * addresses that they lead to are open. Absent is no limit, an empty list is no name
   */
  readonly domains?: readonly string[]
  /** IPv4 CIDRs that are closed whatever else is open; absent: none */
  readonly denyList?: readonly string[]
  /** Names, as in `domains`, that are not known inside, and whose addresses are closed as far as no other name leads there */
  readonly denyDomains?: readonly string[]
}

/** Something that a sandbox's rules have refused, with how often and when last. */
export interface Refusal {
  readonly kind: 'name' | 'connection'
  /** the name that was asked for, or the address */
  readonly target: string
  /** `tcp`, `udp`, `icmp` or a number; of a name what was asked of it, such as `A` or `TXT` */
  readonly protocol: string
  readonly port: number | null
  readonly reason: RefusalReason
  /** queries or packets */
  readonly count: number
  /** epoch ms */
  readonly lastAtMs: number
}

/**
 * `denied`: a list of what is denied has it; `private-address`: the name leads to a private network; `too-many`: queries
 * that carry text, new names, or open addresses.
 */
export const refusalReasons = ['not-allowed', 'denied', 'private-address', 'query-type', 'too-many'] as const
export type RefusalReason = (typeof refusalReasons)[number]

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
  /** who works in a sandbox of it that names nobody */
  readonly user: string
  /** program and arguments that every sandbox of it runs; `null` is nothing */
  readonly entrypoint: readonly string[] | null
}

/** What a snapshot is made of. */
export type SnapshotSource =
  | {
      readonly kind: 'image'
      /** name of an image with its registry, and with a tag or a digest, such as `registry.example:5000/team/app:1.2` */
      readonly image: string
      /** instead of the image's own program; `null` keeps that */
      readonly entrypoint: readonly string[] | null
    }
  | {
      readonly kind: 'dockerfile'
      readonly dockerfile: string
      /** `file:` URLs of tar files, plain or gzipped, which are the build context together */
      readonly contexts: readonly string[]
    }

/** Login at a registry. */
export interface RegistryLogin {
  /** host, with its port if any, and a path if the login is for a part of it only: the longest that fits an image counts */
  readonly registry: string
  readonly username: string
  readonly password: string
}

/** The making of a snapshot. */
export interface SnapshotOrder {
  /** under which sandboxes can be made from it */
  readonly name: string
  /** whose it is: nobody gets what a step came to that was run for somebody else */
  readonly scope: string
  readonly source: SnapshotSource
  readonly logins: readonly RegistryLogin[]
  /** most that the build may use; of an image, `diskGib` is the most it may unpack to */
  readonly resources: Resources
}

/** What a running sandbox uses now. */
export interface SandboxUse {
  readonly sandboxId: string
  /** time on processors since it started, in ms of one core */
  readonly cpuMs: number
  /** held by its processes, without what the kernel keeps of files */
  readonly memoryBytes: number
  /** files that the kernel keeps in memory for it, and gives up when memory is short */
  readonly cacheBytes: number
  /** what its own disk holds beyond the snapshot */
  readonly diskBytes: number
  /** through its network interface since it started */
  readonly receivedBytes: number
  readonly sentBytes: number
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
  /**
   * Changes the variables that a sandbox was made with; a running one at once, for what is started from here on. Together
   * with `resize` and `setNetwork` it makes one that was made ahead into what is asked for.
   */
  setEnv(sandboxId: string, env: Readonly<Record<string, string>>): Promise<void>
  /**
   * Changes the secrets of a sandbox; in a running one the variables are there for what is started from here on, and the
   * hosts count at once. Throws CONFLICT for a paused one.
   */
  setSecrets(sandboxId: string, secrets: readonly SecretUse[]): Promise<void>
  /** From where the values of secrets come; without it requests go out with their placeholders. */
  revealSecretsWith(reveal: RevealSecrets): void
  /** Packs the disk of a stopped sandbox into the archive store and then frees it. */
  archive(sandboxId: string): Promise<void>
  /** Unpacks the disk of an archived sandbox, which is `stopped` then. */
  restore(sandboxId: string): Promise<void>
  /**
   * Saves the disk of a sandbox, running or stopped, as a snapshot; a running one is saved as of one moment. Throws
   * CONFLICT when there is one of the name, UNPROCESSABLE_ENTITY when it would stand on too many others.
   */
  saveSnapshot(sandboxId: string, name: string): Promise<SnapshotInfo>
  /**
   * Makes a snapshot from an image or a Dockerfile, and tells what it does as text for people, line by line. What a crash
   * cut off is begun anew; what was fetched and built of it is not fetched and built again. Throws BAD_REQUEST for a
   * source that cannot work, CONFLICT for a taken name.
   */
  makeSnapshot(order: SnapshotOrder, tell: (text: string) => void): Promise<SnapshotInfo>
  /**
   * Removes a snapshot that was saved or made, and ends the making of one. Throws CONFLICT while a sandbox stands on it;
   * what other snapshots have of it stays.
   */
  removeSnapshot(name: string): Promise<void>
  /** Makes an empty volume, or finds it there. */
  makeVolume(volumeId: string): Promise<void>
  /** Removes a volume with all that is in it. Throws CONFLICT while a sandbox has it mounted. */
  removeVolume(volumeId: string): Promise<void>
  /** What the rules of a running sandbox have refused lately, the newest first; see `NetworkRules`. At most a thousand. */
  refused(sandboxId: string): Promise<readonly Refusal[]>
  /** What each running sandbox uses. */
  measure(): Promise<readonly SandboxUse[]>
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
