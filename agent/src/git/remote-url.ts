import { resolve } from 'node:path'
import { PlatformError } from '@sandyard/protocol/errors'
import { type Credentials, readCredentials } from './credentials.ts'

/** A remote's URL with the credentials that stood in it. */
export interface RemoteUrl {
  readonly url: string
  readonly credentials: Credentials | undefined
}

/**
 * Address of a remote as git takes it: http, https, ssh, git and file URLs, `user@host:path`, folders; a name without
 * scheme is https (toolbox.md 1.3). Others are refused: `ext::` would run a program.
 * @param base folder that relative folders begin at
 */
export function normalizeUrl(text: string, base: string): string {
  if (/^-|[\0\n\r]/.test(text)) throw refused(text, 'it must not start with a dash or have line breaks')
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase()
  if (scheme !== undefined) {
    if (['http', 'https', 'ssh', 'git', 'file'].includes(scheme)) return text
    throw refused(text, 'it must be http, https, ssh, git or file')
  }
  if (/^\/|^\.\.?(\/|$)/.test(text)) return resolve(base, text)
  if (text.includes('::')) throw refused(text, 'remote helpers are not allowed')
  // host:path is ssh, but host:3000/path is a port.
  if (/^[^/:]+:(?!\d+\/)/.test(text)) return text
  return `https://${text}`
}

/**
 * Takes name and password out of an http URL, so that they get neither into argument lists nor into `.git/config`;
 * they serve the call alone. A name without password is no secret and stays: stored credentials are found by it.
 */
export function splitCredentials(url: string): RemoteUrl {
  const match = /^(https?:\/\/)([^/?#:@]*):([^/?#]*)@(.*)$/is.exec(url)
  if (match === null) return { url, credentials: undefined }
  const [, scheme = '', username = '', password = '', rest = ''] = match
  return { url: `${scheme}${rest}`, credentials: readCredentials(decode(username), decode(password)) }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch (cause) {
    throw new PlatformError('BAD_REQUEST', 'bad request: the user part of the URL has a broken escape', { cause })
  }
}

function refused(text: string, why: string): PlatformError {
  const shown = text.replace(/\/\/[^/]*@/, '//***@').slice(0, 200)
  return new PlatformError('BAD_REQUEST', `bad request: the URL ${JSON.stringify(shown)} is not accepted: ${why}`)
}
