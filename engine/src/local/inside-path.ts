import { lstatSync, readlinkSync, type Stats } from 'node:fs'
import { join } from 'node:path'

/** Most links that a path may lead over: as many as the kernel follows. */
const mostLinks = 40

/** Where a path inside leads. */
export interface InsidePath {
  /** without links, absolute inside */
  readonly path: string
  /** what is there; `undefined` when there is nothing */
  readonly stat: Stats | undefined
}

/**
 * Follows a path inside a root file system over its links, none of which leads out, and opens nothing. What is missing on the
 * way is taken for a folder; `null` where there is a file on the way, or links without end. Nothing may run in the root file
 * system.
 */
export function resolveInside(root: string, path: string): InsidePath | null {
  const found: string[] = []
  const names = path.split('/')
  let last: Stats | undefined = lstatSync(root)
  for (let links = 0; ; ) {
    const name = names.shift()
    if (name === undefined) return { path: `/${found.join('/')}`, stat: last }
    if (name === '' || name === '.') continue
    if (last !== undefined && !last.isDirectory()) return null
    if (name === '..') {
      found.pop()
      last = lstatSync(join(root, ...found), { throwIfNoEntry: false })
      continue
    }
    const stat = lstatSync(join(root, ...found, name), { throwIfNoEntry: false })
    if (stat?.isSymbolicLink() !== true) {
      found.push(name)
      last = stat
      continue
    }
    if (links === mostLinks) return null
    links += 1
    const target = readlinkSync(join(root, ...found, name))
    if (target.startsWith('/')) found.length = 0
    last = lstatSync(join(root, ...found), { throwIfNoEntry: false })
    names.unshift(...target.split('/'))
  }
}
