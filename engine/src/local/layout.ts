import { join } from 'node:path'

/**
 * Where everything of one platform lies. `data` outlives a reboot, `runtime` (a tmpfs under /run) does not:
 * what is only true while processes live is kept there.
 */
export interface Layout {
  /** the platform's data folder */
  readonly data: string
  /** `/run/sandyard/<index>` */
  readonly runtime: string
  /** number of the platform on this machine, 0-63 */
  readonly index: number
  /** prefix of interface, namespace and cgroup names: `syd<index>` */
  readonly prefix: string
  /** folder of the btrfs file system that holds the sandboxes' disks */
  readonly disks: string
  /** file that the disks' file system lies in, when the data folder is not btrfs itself */
  readonly diskPool: string
  /** state folder of the OCI runtime */
  readonly runc: string
  /** parent cgroup of all sandboxes, as the OCI runtime takes it */
  readonly cgroup: string
}

/** Paths and names of the platform with this data folder and instance index. */
export function createLayout(data: string, index: number): Layout {
  const runtime = `/run/sandyard/${index}`
  return {
    data,
    runtime,
    index,
    prefix: `syd${index}`,
    disks: join(data, 'disks'),
    diskPool: join(data, 'disks.btrfs'),
    runc: join(runtime, 'runc'),
    cgroup: `/sandyard-${index}`,
  }
}

/** Where the packed disks of archived sandboxes are. */
export function archiveFolder(layout: Layout): string {
  return join(layout.data, 'archives')
}

/** Where volumes are, on the file system of the disks: nobody on the host but root has a way in. */
export function volumesFolder(layout: Layout): string {
  return join(layout.disks, 'volumes')
}

/** Where volumes are mounted while the containers of sandboxes are made that get them. */
export function stagesFolder(layout: Layout): string {
  return join(layout.runtime, 'volumes')
}

/** Holds the id of this data folder in the bucket that keeps archives. */
export function archiveIdFile(layout: Layout): string {
  return join(layout.data, 'archive-store.json')
}

/** Files and folders of one sandbox. */
export interface SandboxPaths {
  /** durable: what it is and what is wanted of it */
  readonly folder: string
  readonly record: string
  /** gone after a reboot: bundle of the OCI runtime, agent socket, pid */
  readonly bundle: string
  readonly agentSocket: string
  readonly pidFile: string
}

/** Paths of the sandbox with this id. */
export function sandboxPaths(layout: Layout, sandboxId: string): SandboxPaths {
  const folder = join(layout.data, 'sandboxes', sandboxId)
  const bundle = join(layout.runtime, 'sandboxes', sandboxId)
  return {
    folder,
    record: join(folder, 'sandbox.json'),
    bundle,
    agentSocket: join(bundle, 'agent.sock'),
    pidFile: join(bundle, 'init.pid'),
  }
}
