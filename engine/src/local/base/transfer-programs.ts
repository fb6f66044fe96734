import { realpath } from 'node:fs/promises'
import { loadedProgram } from './loaded-program.ts'
import type { Part, PartStore } from './parts.ts'
import { findProgram } from './program.ts'

/** Programs of this machine that answer clients who send and fetch files by SSH. */
export interface TransferPrograms {
  readonly sftpServer: string
  readonly scp: string
  readonly rsync: string
}

/** Finds them, or says what to install. */
export async function findTransfers(): Promise<TransferPrograms> {
  const [sftpServer, scp, rsync] = await Promise.all([
    realpath(findProgram('sftp-server', 'openssh-sftp-server', ['/usr/lib/openssh', '/usr/libexec/openssh'])),
    realpath(findProgram('scp', 'openssh-client')),
    realpath(findProgram('rsync', 'rsync')),
  ])
  return { sftpServer, scp, rsync }
}

/** They lie in `libexec/transfer`. */
export async function transferParts(store: PartStore, programs: TransferPrograms): Promise<Part[]> {
  const { sftpServer, scp, rsync } = programs
  const parts = await Promise.all([
    loadedProgram(store, ['libexec/transfer/sftp-server'], sftpServer),
    loadedProgram(store, ['libexec/transfer/scp'], scp),
    loadedProgram(store, ['libexec/transfer/rsync'], rsync),
  ])
  return parts.flat()
}
