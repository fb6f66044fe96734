import type { Entry, Folder } from './folders.ts'

/** A line of the tree: something on the disk, or a word about a folder. */
export type Row =
  | {
      readonly kind: 'entry'
      readonly id: string
      readonly entry: Entry
      readonly level: number
      /** null for what is no folder */
      readonly isOpen: boolean | null
      /** of `count` in its folder, from 1 */
      readonly position: number
      readonly count: number
    }
  | { readonly kind: 'word'; readonly id: string; readonly level: number; readonly text: string }

/** The lines that are shown, from the top to the bottom. */
export function treeRows(
  root: string,
  folders: ReadonlyMap<string, Folder>,
  expanded: ReadonlySet<string>,
  isHiddenShown: boolean,
): readonly Row[] {
  const rows: Row[] = []
  const add = (path: string, level: number): void => {
    const { entries, error = null } = folders.get(path) ?? {}
    const word = (text: string): void => void rows.push({ kind: 'word', id: `${path}\0word`, level, text })
    if (entries === undefined) {
      word(error === null ? 'Is being read…' : error.message)
      return
    }
    const shown = isHiddenShown ? entries : entries.filter(({ name }) => !name.startsWith('.'))
    if (shown.length === 0) word(entries.length === 0 ? 'Nothing is in it' : `${entries.length} hidden`)
    for (const [index, entry] of shown.entries()) {
      const isOpen = entry.isDir ? expanded.has(entry.path) : null
      const place = { position: index + 1, count: shown.length }
      rows.push({ kind: 'entry', id: entry.id, entry, level, isOpen, ...place })
      if (isOpen === true) add(entry.path, level + 1)
    }
  }
  add(root, 1)
  return rows
}

/** The folders whose content is needed: the root, and open ones that can be seen in it. */
export function neededFolders(root: string, expanded: ReadonlySet<string>): readonly string[] {
  const below = root === '/' ? '/' : `${root}/`
  const isShown = (path: string): boolean => {
    if (!path.startsWith(below) || path === root) return false
    // All folders between it and the root are open too.
    for (let at = path.lastIndexOf('/'); at >= below.length; at = path.lastIndexOf('/', at - 1))
      if (!expanded.has(path.slice(0, at))) return false
    return true
  }
  return [root, ...[...expanded].filter(isShown)]
}
