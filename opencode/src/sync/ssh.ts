import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Inside, SshAccess } from './inside.ts'

/** The way by SSH, as git takes it. */
export interface SshWay {
  readonly url: string
  readonly env: Readonly<Record<string, string>>
}

/** SSH cannot be used here; the message says why. */
export class NoSshError extends Error {}

/**
 * Does something with a way in by SSH. The token is neither in the URL nor on a command line, where git or others could
 * keep or see it: ssh reads it from a file of settings, which is gone afterwards, as is the token.
 *
 * @param folder for files of this one use
 * @throws NoSshError where there is no way, or no key to know the host by
 */
export async function withSsh<T>(inside: Inside, folder: string, work: (way: SshWay) => Promise<T>): Promise<T> {
  const access = await inside.openSsh()
  if (access === null) throw new NoSshError('the platform gives no access by SSH')
  const place = join(folder, 'ssh')
  try {
    if (access.hostKeys.length === 0) throw new NoSshError('the platform tells no key to know its SSH host by')
    await mkdir(place, { mode: 0o700 })
    const config = join(place, 'config')
    await writeFile(join(place, 'known_hosts'), access.hostKeys.map((key) => `${alias} ${key}\n`).join(''))
    await writeFile(config, settingsOf(access, place), { mode: 0o600 })
    return await work({
      url: `ssh://${alias}${inside.folder.split('/').map(encodeURIComponent).join('/')}`,
      env: { GIT_SSH_COMMAND: `ssh -F ${quoted(config)}`, GIT_SSH_VARIANT: 'ssh' },
    })
  } finally {
    await rm(place, { recursive: true, force: true })
    await access.close().catch(() => undefined) // it ends by itself, too
  }
}

const alias = 'sandbox'

/** Nothing of the user's own settings, keys and agents is offered to the host. */
function settingsOf({ host, port, user }: SshAccess, folder: string): string {
  const known = `"${join(folder, 'known_hosts')}"`
  return `Host ${alias}
  HostName ${host}
  Port ${port}
  User ${user}
  HostKeyAlias ${alias}
  UserKnownHostsFile ${known}
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes
  UpdateHostKeys no
  BatchMode yes
  IdentityFile none
  IdentityAgent none
  IdentitiesOnly yes
  ForwardAgent no
  ForwardX11 no
  PermitLocalCommand no
  ControlMaster no
  ControlPath none
  RequestTTY no
  Compression no
  ConnectTimeout 10
  ServerAliveInterval 15
  LogLevel ERROR
`
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`
}
