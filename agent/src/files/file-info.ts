import { type BigIntStats, constants } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { fileRoutes, RouteOutput } from '@sandyard/protocol'

/** A file or folder on the wire (toolbox.md 1.2). */
export type FileInfo = RouteOutput<typeof fileRoutes.getFileInfo>

/** Reads the info of what a path leads to; a symbolic link shows its target under the link's name. */
export async function readFileInfo(path: string | Buffer, name: string, fullPath?: string): Promise<FileInfo> {
  return toFileInfo(await stat(path, { bigint: true }), name, fullPath)
}

/** The info of what was read of a file already. */
export function toFileInfo(stats: BigIntStats, name: string, fullPath?: string): FileInfo {
  const modifiedAt = toDate(stats.mtimeMs).toISOString()
  const mode = Number(stats.mode)
  return {
    name,
    ...(fullPath === undefined ? {} : { path: fullPath }),
    size: Number(stats.size),
    mode: goMode(mode),
    modTime: goTime(modifiedAt, stats.mtimeNs),
    modifiedAt,
    isDir: stats.isDirectory(),
    owner: String(stats.uid),
    group: String(stats.gid),
    permissions: (mode & 0o777).toString(8).padStart(4, '0'),
  }
}

/** When a file was last changed, kept within the years a date on the wire can have. */
export function modifiedAt(stats: BigIntStats): Date {
  return toDate(stats.mtimeMs)
}

/** Letters by the type bits of a mode. */
const fileTypes: ReadonlyMap<number, string> = new Map([
  [constants.S_IFDIR, 'd'],
  [constants.S_IFLNK, 'L'],
  [constants.S_IFBLK, 'D'],
  [constants.S_IFCHR, 'Dc'],
  [constants.S_IFIFO, 'p'],
  [constants.S_IFSOCK, 'S'],
])

/** Mode as Go prints it: type and special bits as leading letters, or `-`, then nine permission letters. */
export function goMode(mode: number): string {
  const known = modes.get(mode)
  if (known !== undefined) return known
  const text = writeMode(mode)
  modes.set(mode, text)
  return text
}

/** Those that were met, of 65536 that there are: a listing has few of them many times. */
const modes = new Map<number, string>()

function writeMode(mode: number): string {
  const type = fileTypes.get(mode & constants.S_IFMT) ?? ''
  // Go's order of letters is d L D p S u g c t: the c of a character device follows the set-id letters.
  const special = `${mode & 0o4000 ? 'u' : ''}${mode & 0o2000 ? 'g' : ''}`
  const letters = `${type.slice(0, 1)}${special}${type.slice(1)}${mode & 0o1000 ? 't' : ''}`
  const bits = [...'rwxrwxrwx'].map((letter, index) => (mode & (0o400 >> index) ? letter : '-')).join('')
  return `${letters === '' ? '-' : letters}${bits}`
}

/** Time as Go prints it: `2025-01-02 15:04:05.123456789 +0000 UTC`, without trailing zeros of the fraction. */
function goTime(iso: string, ns: bigint): string {
  const billion = 1_000_000_000n
  const fraction = (((ns % billion) + billion) % billion).toString().padStart(9, '0').replace(/0+$/, '')
  const seconds = iso.slice(0, 19).replace('T', ' ')
  return `${seconds}${fraction === '' ? '' : `.${fraction}`} +0000 UTC`
}

/** A file may carry any time; the wire has years 1 to 9999. */
function toDate(ms: bigint): Date {
  const earliest = -62_135_596_800_000
  const latest = 253_402_300_799_000
  return new Date(Math.min(Math.max(Number(ms), earliest), latest))
}
