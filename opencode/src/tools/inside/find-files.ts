import { walkFiles } from './walk-files.ts'

/** Which files to find. Part of programs that run inside. */
export interface FindOptions {
  /** absolute */
  readonly folder: string
  readonly glob: string
  readonly most: number
}

/** Files that were found, absolute, the last changed first. */
export interface FindAnswer {
  readonly files: readonly string[]
  readonly hasMore: boolean
  /** true when not all folders were looked at */
  readonly isPartial: boolean
}

/** Finds files by a glob. Throws an Error where the folder is none. */
export function findFiles({ folder, glob, most }: FindOptions): FindAnswer {
  const fs = process.getBuiltinModule('node:fs')
  const stats = fs.statSync(folder, { throwIfNoEntry: false })
  if (stats === undefined) throw new Error(`No such file or folder: ${folder}`)
  if (!stats.isDirectory()) throw new Error(`glob path must be a directory: ${folder}`)
  const { files, isPartial } = walkFiles({ folder, glob, withHidden: false })
  return { files: files.slice(0, most), hasMore: files.length > most, isPartial }
}
