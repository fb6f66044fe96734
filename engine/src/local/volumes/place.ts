import { isWithin, mountPathFault, PlatformError } from '@sandyard/protocol'
import { resolveInside } from '../inside-path.ts'

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
  const places = mountPaths.map((path) => folderInside(root, path) ?? refuse(path, 'it is not a folder'))
  const own = ownPlaces.map((path) => folderInside(root, path) ?? path)
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

/** A folder as it is inside once its links are followed. What is missing is taken for a folder; `null` where there is none. */
function folderInside(root: string, path: string): string | null {
  const found = resolveInside(root, path)
  return found !== null && found.stat?.isDirectory() !== false ? found.path : null
}
