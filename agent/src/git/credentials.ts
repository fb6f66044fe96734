import { PlatformError } from '@sandyard/protocol/errors'
import { splitUrl } from './split-url.ts'

/** Name and password as a call or a URL gives them. */
export interface Credentials {
  readonly username: string
  readonly password: string
}

/** Credentials for one host only: a redirect to another host does not get them. */
export interface Login extends Credentials {
  /** URL of the remote; only remotes that are asked over HTTP get the credentials */
  readonly url: string
}

/**
 * Options for git that let it ask our program alone; the empty helper forgets those that the user has. A name that
 * stands in the URL would be taken for granted: without it our program is asked for both.
 */
export function loginConfig(login: Login): readonly string[] {
  const { scheme, user, host } = splitUrl(login.url)
  const helpers = ['-c', 'credential.helper=']
  if (user === '' || host.includes('=')) return helpers
  return [...helpers, '-c', `url.${scheme}${host}/.insteadOf=${scheme}${user}@${host}/`]
}

/**
 * What our program reads. It is started by git without a shell, and its answers are in no argument list and no file.
 * @param askpass absolute path of the program
 */
export function loginEnvironment(login: Login, askpass: string): Record<string, string> {
  return {
    SANDYARD_GIT_HOST: splitUrl(login.url).host,
    SANDYARD_GIT_USERNAME: login.username,
    SANDYARD_GIT_PASSWORD: login.password,
    GIT_ASKPASS: askpass,
  }
}

/**
 * Credentials of a call, or undefined where the stored ones are to be used: without a password there are none
 * (toolbox.md 1.3). A token needs no user name; the hosts that take tokens accept any.
 */
export function readCredentials(
  username: string | null | undefined,
  password: string | null | undefined,
): Credentials | undefined {
  if (password === undefined || password === null || password === '') return undefined
  const name = username === undefined || username === null || username === '' ? 'git' : username
  return { username: checkLine('username', name), password: checkLine('password', password) }
}

/** A value for git's credential protocol, where a line break would begin another field. */
export function checkLine(field: string, text: string): string {
  if (!/[\n\r\0]/.test(text)) return text
  throw new PlatformError('INVALID_REQUEST_BODY', `bad request: body: ${field}: must be one line`)
}

/** Takes passwords, and what stands before the `@` of URLs, out of a text for people. */
export function redact(text: string, login: Login | undefined): string {
  let clean = text.replace(/(:\/\/)[^/\s'"]*@/g, '$1***@')
  for (const secret of login === undefined ? [] : [login.password, encodeURIComponent(login.password)]) {
    clean = clean.replaceAll(secret, '***')
  }
  return clean
}
