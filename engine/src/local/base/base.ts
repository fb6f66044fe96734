/**
 * What the engine needs before its first sandbox, made once and shared by every sandbox and platform that uses the
 * folder.
 */
export interface Base {
  /** absolute path of the agent runtime; mounted read-only in every sandbox */
  readonly runtimeFolder: string
  readonly snapshots: readonly BaseSnapshot[]
}

/**
 * A snapshot made on this machine. Its files are owned by shifted ids: uid N inside is `containerRootId` + N outside.
 */
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

/** Told what is being done, whenever that changes: one short phrase for people. */
export type Progress = (phase: string) => void
