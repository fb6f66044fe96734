/** What the engine needs before its first sandbox, made once and shared by every sandbox and platform that uses the folder. */
export interface Base {
  /** absolute path of the agent runtime; to be mounted read-only at `runtimeMount` in every sandbox */
  readonly runtimeDir: string
  readonly snapshots: readonly BaseSnapshot[]
}

/** A snapshot made on this machine. Its files are owned by shifted ids: uid N inside is `idShift` + N outside. */
export interface BaseSnapshot {
  readonly name: string
  /** absolute path of the root file system; never written to */
  readonly rootfs: string
  /** user inside that works in it */
  readonly user: string
  readonly workDir: string
  readonly env: Readonly<Record<string, string>>
  /** what process 1 starts beside the agent; `null` is nothing */
  readonly entrypoint: readonly string[] | null
  /** bytes on disk, unpacked */
  readonly sizeBytes: number
  /** epoch ms */
  readonly createdAtMs: number
}

/** Where the agent runtime is found inside a sandbox. */
export const runtimeMount = '/opt/sandyard'

/** Host id of uid and gid 0 inside a sandbox. */
export const idShift = 100_000

/** Ids that a sandbox has: 0 to 65535. */
export const idCount = 65_536

/** Told what is being done, whenever that changes: one short phrase for people. */
export type Progress = (phase: string) => void
