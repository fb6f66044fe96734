import { cleanPath, joinPath } from './paths.ts'

/** A file of the person's own machine, and where it is to be in the sandbox. */
export interface Picked {
  readonly file: File
  readonly path: string
  /** true when nothing is there yet */
  readonly isNew: boolean
}

/** What was dropped or chosen: files, and folders that have none. */
export interface PickedAll {
  readonly files: readonly Picked[]
  readonly folders: readonly string[]
}

/** files of one drop */
const most = 20_000

/** The files of an input, in their folders where a folder was chosen. */
export function pickedOf(list: Iterable<File>, target: string): PickedAll {
  const files = [...list].slice(0, most).map((file) => {
    return { file, path: cleanPath(file.webkitRelativePath || file.name, target), isNew: true }
  })
  return { files, folders: [] }
}

/** All files of a drop, also those in folders. Must be called while the drop is told: its items are gone afterwards. */
export function dropped(data: DataTransfer, target: string): Promise<PickedAll> {
  const items = [...data.items].filter(({ kind }) => kind === 'file')
  const tops = items.map((item) => ({ entry: item.webkitGetAsEntry?.() ?? null, file: item.getAsFile() }))
  return collect(tops, target)
}

async function collect(
  tops: readonly { readonly entry: FileSystemEntry | null; readonly file: File | null }[],
  target: string,
): Promise<PickedAll> {
  const files: Picked[] = []
  const folders: string[] = []

  async function add(entry: FileSystemEntry, folder: string): Promise<void> {
    if (files.length + folders.length >= most) throw new Error(`More than ${most} files are too many at once`)
    const path = joinPath(folder, entry.name)
    if (entry.isFile) {
      const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject))
      files.push({ file, path, isNew: true })
      return
    }
    const below = await entriesOf(entry as FileSystemDirectoryEntry)
    if (below.length === 0) folders.push(path)
    for (const one of below) await add(one, path)
  }

  for (const { entry, file } of tops) {
    if (entry !== null) await add(entry, target)
    else if (file !== null) files.push({ file, path: joinPath(target, file.name), isNew: true })
  }
  return { files, folders }
}

/** A browser gives them some at a time. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<readonly FileSystemEntry[]> {
  const reader = folder.createReader()
  const found: FileSystemEntry[] = []
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject))
    if (some.length === 0) return found
    found.push(...some)
  }
}
