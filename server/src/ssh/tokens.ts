import { randomUUID } from 'node:crypto'
import { limits } from '@sandyard/protocol'
import type { Site } from '../previews/site.ts'
import { digest, randomText } from '../random.ts'
import type { SandboxRecord } from '../store/sandbox-record.ts'
import type { SshAccessRecord, SshAccessStore } from '../store/ssh-accesses.ts'

/** Form of a token for SSH: a user name that no client has to quote (api.md 2.7). */
export const sshToken = /^[A-Za-z0-9]{32}$/

/** Makes a token. Earlier ones stay: clients make one for each thing they do, and what others have open goes on. */
export async function createSshToken(
  { accesses, ended }: { readonly accesses: SshAccessStore; readonly ended: (sandboxId: string) => void },
  sandbox: Pick<SandboxRecord, 'id'>,
  rest: Pick<SshAccessRecord, 'createdAtMs' | 'expiresAtMs' | 'userId' | 'keyId'>,
): Promise<{ readonly token: string; readonly access: SshAccessRecord }> {
  const token = randomText(32)
  const access = { id: randomUUID(), sandboxId: sandbox.id, hash: digest(token), ...rest }
  if (await accesses.insert(access, limits.sshAccessCount)) ended(sandbox.id)
  return { token, access }
}

/** What to type to connect (api.md 2.7); `user` is the token or a place for it. */
export function sshCommand(site: Pick<Site, 'host'>, port: number, user: string): string {
  const host = site.host.replace(/^\[(.*)\]$/, '$1')
  return `ssh ${port === 22 ? '' : `-p ${port} `}${user}@${host}`
}
