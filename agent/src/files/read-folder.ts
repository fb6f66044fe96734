import { type Dir, type Dirent, opendir } from 'node:fs'

/** One name in a folder, of the name itself: a symbolic link is neither file nor folder. */
export interface FolderEntry {
  /** bytes, as a name need not be UTF-8 */
  readonly name: Buffer
  readonly isFolder: boolean
  readonly isFile: boolean
}

/** Entries that are asked of the OS at a time. */
const entriesAtOnce = 1024

/** Reads at most `most` names of a folder, sorted by their bytes. */
export async function readFolder(path: Buffer, most: number): Promise<FolderEntry[]> {
  const folder = await open(path)
  try {
    const entries = await readEntries(folder, most)
    return entries.sort((a, b) => Buffer.compare(a.name, b.name))
  } finally {
    await folder.close()
  }
}

function open(path: Buffer): Promise<Dir> {
  // Node's types leave out this encoding and say that names are strings: here they are buffers.
  const encoding = 'buffer' as BufferEncoding
  return new Promise((resolve, reject) => {
    opendir(path, { encoding, bufferSize: entriesAtOnce }, (error, folder) => {
      if (error === null) resolve(folder)
      else reject(error)
    })
  })
}

/** By callback: a promise for each name would be most of the work. */
function readEntries(folder: Dir, most: number): Promise<FolderEntry[]> {
  return new Promise((resolve, reject) => {
    const entries: FolderEntry[] = []
    const readNext = (): void => folder.read(take)
    const take = (error: Error | null, entry: Dirent | null): void => {
      if (error !== null) reject(error)
      else if (entry === null || entries.length === most) resolve(entries)
      else {
        entries.push({ name: Buffer.from(entry.name), isFolder: entry.isDirectory(), isFile: entry.isFile() })
        readNext()
      }
    }
    readNext()
  })
}
