import { opendir } from 'node:fs/promises'

/** One name in a folder, of the name itself: a symbolic link is neither file nor folder. */
export interface FolderEntry {
  /** bytes, as a name need not be UTF-8 */
  readonly name: Buffer
  readonly isFolder: boolean
  readonly isFile: boolean
}

/** Reads at most `most` names of a folder, sorted by their bytes. */
export async function readFolder(path: Buffer, most: number): Promise<FolderEntry[]> {
  const entries: FolderEntry[] = []
  // Node's types leave out this encoding and say that names are strings: here they are buffers.
  const encoding = 'buffer' as BufferEncoding
  for await (const entry of await opendir(path, { encoding, bufferSize: 256 })) {
    if (entries.length === most) break
    entries.push({ name: Buffer.from(entry.name), isFolder: entry.isDirectory(), isFile: entry.isFile() })
  }
  return entries.sort((a, b) => Buffer.compare(a.name, b.name))
}
