import { createWriteStream } from 'node:fs'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Sandbox } from '@sandyard/sdk'

/** What the synchronisation needs of a sandbox. */
export interface Inside {
  /** the project's root inside, absolute */
  readonly folder: string
  /** Runs a script of the shell with these variables. @param timeoutSeconds after which it is ended */
  run(script: string, variables: Readonly<Record<string, string>>, timeoutSeconds: number): Promise<Ended>
  /** Copies a local file into the sandbox. */
  upload(local: string, path: string, signal?: AbortSignal): Promise<void>
  /** Copies a file out of the sandbox, and fails when it is longer than that. */
  download(path: string, local: string, maxBytes: number, signal?: AbortSignal): Promise<void>
  /** Makes a way in by SSH; null where the platform has none. */
  openSsh(): Promise<SshAccess | null>
}

/** How a script ended; both its streams are in the output. */
export interface Ended {
  readonly exitCode: number
  readonly output: string
}

/** A way in by SSH for some minutes. */
export interface SshAccess {
  readonly host: string
  readonly port: number
  /** the secret, too */
  readonly user: string
  /** keys that the host may have, as in a file of known hosts; empty when the platform tells none */
  readonly hostKeys: readonly string[]
  /** Ends it before its time. */
  close(): Promise<void>
}

/** minutes that a token for SSH lives: longer than any run of git */
const sshMinutes = 20
/** s */
const transferSeconds = 600
/** s that an answer may be on its way */
const graceSeconds = 30

/** A sandbox as the synchronisation sees it. */
export function insideOf(sandbox: Sandbox, folder: string): Inside {
  return {
    folder,
    async run(script, variables, timeoutSeconds) {
      const body = { command: script, cwd: '/', envs: { ...variables }, timeout: timeoutSeconds }
      // Whoever has taken the agent's place need not keep to the time.
      const timeoutMs = (timeoutSeconds + graceSeconds) * 1000
      const { exitCode, result } = await sandbox.toolbox.call('executeCommand', { body }, { timeoutMs })
      return { exitCode, output: result }
    },
    async upload(local, path, signal) {
      await sandbox.fs.uploadFileStream(local, path, { timeout: transferSeconds, ...(signal && { signal }) })
    },
    async download(path, local, maxBytes, signal) {
      const body = await sandbox.fs.downloadFileStream(path, { timeout: transferSeconds, ...(signal && { signal }) })
      let left = maxBytes
      const count = new Transform({
        transform(chunk: Buffer, _encoding, done) {
          left -= chunk.length
          done(left < 0 ? new Error(`there is more than ${maxBytes} bytes of it`) : null, chunk)
        },
      })
      const source = Readable.fromWeb(body as import('node:stream/web').ReadableStream)
      await pipeline(source, count, createWriteStream(local, { mode: 0o600 }))
    },
    async openSsh() {
      const [access, config] = await Promise.all([
        sandbox.createSshAccess(sshMinutes).catch((error: { statusCode?: number }) => {
          // This platform has no SSH, or it is not for this key.
          if ([404, 403, 501].includes(error.statusCode ?? 0)) return null
          throw error
        }),
        sandbox.toolbox.client.call('getConfig').catch(() => ({})),
      ])
      if (access === null) return null
      const close = (): Promise<void> => sandbox.revokeSshAccess(access.token)
      const place = readSshCommand(access.sshCommand)
      if (place !== null) return { ...place, hostKeys: readKeys(config), close }
      await close()
      return null
    },
  }
}

/** Parts of `ssh -p 2222 token@host`, with or without the port; null for what git could not be given. */
export function readSshCommand(command: string): Pick<SshAccess, 'host' | 'port' | 'user'> | null {
  const form = /^ssh (?:-p (\d{1,5}) )?([A-Za-z0-9][\w-]{0,200})@([A-Za-z0-9:][A-Za-z0-9.:-]{0,252})$/
  const [, port = '22', user, host] = form.exec(command.trim()) ?? []
  if (user === undefined || host === undefined || Number(port) > 65_535 || Number(port) === 0) return null
  return { host, port: Number(port), user }
}

function readKeys(config: object): string[] {
  const keys: unknown = (config as { sshGatewayHostKeys?: unknown }).sshGatewayHostKeys
  if (!Array.isArray(keys)) return []
  return keys.filter((key) => typeof key === 'string' && /^[\w-]+ [A-Za-z0-9+/=]+$/.test(key)).slice(0, 10)
}
