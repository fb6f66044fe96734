/** What the program inside (see inside.ts) is to do. */
export interface Job {
  /** made where they are not there, before everything else */
  readonly folders: readonly { readonly path: string; readonly uid: number; readonly gid: number }[]
  readonly copy: CopyJob | null
}

/** How files are put in place. */
export interface CopyJob {
  /** absolute */
  readonly to: string
  /** files come into it under their own names */
  readonly isFolder: boolean
  /** who owns what is made; `null` leaves it as it comes */
  readonly owner: { readonly uid: number; readonly gid: number } | null
  /** permissions of what is made; `null` leaves them as they come */
  readonly mode: number | null
  readonly source: JobSource
}

/** Where files come from. */
export type JobSource =
  /** frames on the standard input */
  | { readonly kind: 'frames' }
  /** paths and patterns below the folder `root` */
  | { readonly kind: 'folder'; readonly root: string; readonly paths: readonly string[] }
  | { readonly kind: 'urls'; readonly urls: readonly string[] }

/**
 * One entry on the standard input: its length as JSON in 4 bytes, the JSON, then `size` bytes of content. The last one
 * is of the type `end`.
 */
export interface Frame {
  /** `copy`: another file with the content of the one before */
  readonly type: 'file' | 'folder' | 'symlink' | 'hardlink' | 'copy' | 'end'
  /** below the destination; `''` is the destination itself, or the file `name` in it */
  readonly path: string
  readonly name: string
  readonly mode: number
  /** epoch, s */
  readonly mtime: number
  readonly size: number
  /** where a symlink leads; of a hard link a path below the destination */
  readonly target: string
  readonly uid: number
  readonly gid: number
}
