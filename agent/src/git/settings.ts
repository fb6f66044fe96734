import { PlatformError } from '@sandyard/protocol/errors'
import { checkLine } from './credentials.ts'
import { gitFailure } from './errors.ts'
import { type GitContext, gitAnywhere, openRepository } from './repository.ts'
import type { Git } from './run-git.ts'

/** Which file of the configuration: all of them, when reading, without a scope; the user's, when writing. */
export interface SettingsPlace {
  readonly scope?: 'global' | 'local' | 'system' | null | undefined
  readonly path?: string | null | undefined
}

/** Value of a key, the last one where it has many; null when it is not set. */
export async function readSetting(git: Git, key: string, scope: SettingsPlace['scope']): Promise<string | null> {
  const file = scope === undefined || scope === null ? [] : [`--${scope}`]
  const args = ['config', ...file, '-z', '--show-scope', '--get-all', key]
  const result = await git.probe(args)
  if (result.exitCode === 1 && result.stderr === '') return null
  if (result.exitCode !== 0) throw gitFailure(args, result)
  const fields = result.stdout.split('\0')
  let value: string | null = null
  for (let at = 0; at + 1 < fields.length; at += 2) {
    // `command` is what this very run of git was told.
    if (fields[at] !== 'command') value = fields[at + 1] ?? null
  }
  return value
}

/** Sets a key to one value, in place of all it had. */
export async function writeSetting(git: Git, key: string, value: string, scope: SettingsPlace['scope']): Promise<void> {
  await git.run(['config', `--${scope ?? 'global'}`, '--replace-all', '--', key, value])
}

/** Git where the settings are: in the repository of `path`, which scope `local` needs. */
export async function openSettings(context: GitContext, place: SettingsPlace, signal: AbortSignal): Promise<Git> {
  if (place.path !== undefined && place.path !== null) return openRepository(context, place.path, signal)
  if (place.scope !== 'local') return gitAnywhere(context, signal)
  throw new PlatformError('BAD_REQUEST', 'bad request: path: is needed for the scope local')
}

/** Credentials to keep, and for which host. */
export interface StoreInput {
  readonly username: string
  readonly password: string
  readonly host?: string | null | undefined
  readonly protocol?: string | null | undefined
}

/**
 * Keeps credentials in git's own store, in plain text in a file of the user's, and makes git use it: a caller asks
 * for that in so many words (toolbox.md 1.3).
 */
export async function storeCredentials(git: Git, input: StoreInput): Promise<void> {
  const protocol = input.protocol || 'https'
  const host = input.host || 'github.com'
  if (protocol !== 'https' && protocol !== 'http') {
    throw new PlatformError('INVALID_REQUEST_BODY', 'bad request: body: protocol: must be https or http')
  }
  if (!/^[^\s/@]+$/.test(host)) {
    throw new PlatformError('INVALID_REQUEST_BODY', 'bad request: body: host: must be a host name, without a path')
  }
  const fields = {
    protocol,
    host,
    username: checkLine('username', input.username),
    password: checkLine('password', input.password),
  }
  const lines = Object.entries(fields).map(([name, value]) => `${name}=${value}\n`)
  const login = { ...fields, url: `${protocol}://${host}/` }
  await git.run(['credential-store', 'store'], { stdin: `${lines.join('')}\n`, login })
  const helpers = await git.probe(['config', '--global', '-z', '--get-all', 'credential.helper'])
  if (helpers.stdout.split('\0').includes('store')) return
  await git.run(['config', '--global', '--add', 'credential.helper', 'store'])
}
