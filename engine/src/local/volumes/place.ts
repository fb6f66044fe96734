import { lstatSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { isWithin, mountPathFault, PlatformError } from '@sandyard/protocol'

/** Most links that a path may lead over: as many as the kernel follows. */
const mostLinks = 40

/** Where the platform itself mounts something while a container is made. */
const ownPlaces = ['/proc', '/sys', '/dev', '/dev/pts', '/dev/shm', '/dev/mqueue', '/etc', '/opt/sandyard']

/**
 * Where volumes are mounted in this root file system, links of the image resolved, so that the OCI runtime meets none:
 * what lies in a volume changes while it works. Throws BAD_REQUEST where a path leads to something that is not a
 * folder, to a place of the system, or into another volume. Nothing may run in the root file system.
 */
export function placeVolumes(root: string, mountPaths: readonly string[]): string[] {
  if (mountPaths.length === 0) return []
  const refuse = (path: string, why: string): never => {
    throw new PlatformError('BAD_REQUEST', `A volume cannot be mounted at ${path} in this snapshot: ${why}`)
  }
  const places = mountPaths.map((path) => resolveInside(root, path) ?? refuse(path, 'it is not a folder'))
  const own = ownPlaces.map((path) => resolveInside(root, path) ?? path)
  for (const [index, place] of places.entries()) {
    const path = mountPaths[index] ?? ''
    const fault = mountPathFault(place)
    if (fault !== null) refuse(path, `it leads to ${place}, which ${fault}`)
    const others = places.filter((_, at) => at !== index)
    const other = [...others, ...own].find((taken) => isWithin(place, taken) || isWithin(taken, place))
    if (other !== undefined) refuse(path, `it leads to ${place}, and something else is mounted at ${other}`)
  }
  return places
}

/**
 * A path as it is inside once its links are followed, none of which leads out. What is missing is taken for a folder;
 * `null` where there is a file, or links without end.
 */
function resolveInside(root: string, path: string): string | null {
  const found: string[] = []
  const names = path.split('/')
  for (let links = 0; ; ) {
    const name = names.shift()
    if (name === undefined) return `/${found.join('/')}`
    if (name === '' || name === '.') continue
    if (name === '..') {
      found.pop()
      continue
    }
    const here = join(root, ...found, name)
    const stat = lstatSync(here, { throwIfNoEntry: false })
    if (stat === undefined || stat.isDirectory()) {
      found.push(name)
    } else if (stat.isSymbolicLink() && links < mostLinks) {
      links += 1
      const target = readlinkSync(here)
      if (target.startsWith('/')) found.length = 0
      names.unshift(...target.split('/'))
    } else return null
  }
}
