import { PlatformError } from '@sandyard/protocol'
import { resolveInside } from '../inside-path.ts'

/** What the OCI runtime reads in a root file system before it starts anything there. */
const readFiles = ['/etc/passwd', '/etc/group']
/** Most of one of them, bytes. */
const mostBytes = 16 * 1024 * 1024

/**
 * Throws UNPROCESSABLE_ENTITY when the OCI runtime would wait for somebody to write what it reads inside, or read without
 * end: pipes, devices and huge files in the place of the tables of users. Nothing may run in the root file system.
 */
export function requireReadable(root: string): void {
  for (const file of readFiles) {
    const stat = resolveInside(root, file)?.stat
    if (stat === undefined || (stat.isFile() && stat.size <= mostBytes)) continue
    const why = stat.isFile() ? `has more than ${mostBytes} bytes` : 'is no plain file'
    throw new PlatformError('UNPROCESSABLE_ENTITY', `Nothing can be started on this disk: ${file} ${why}`)
  }
}
