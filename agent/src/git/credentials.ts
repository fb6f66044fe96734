import { PlatformError } from '@sandyard/protocol/errors'

/** Name and password as a call or a URL gives them. */
export interface Credentials {
  readonly username: string
  readonly password: string
}

/** Credentials for one host only: a redirect to another host does not get them. */
export interface Login extends Credentials {
  /** with its port, as git writes it: empty for remotes that are not asked over HTTP */
  readonly host: string
}

/**
 * A credential helper in the shell that git needs anyway. It reads the values from its environment, so that they are
 * in no argument list (`printf` is part of the shell) and in no file, and answers for one host alone.
 */
const helper = [
  '!f() { test "$1" = get || return 0;',
  'while IFS= read -r line; do test "$line" = "host=$SANDYARD_GIT_HOST" &&',
  'printf "username=%s\\npassword=%s\\n" "$SANDYARD_GIT_USERNAME" "$SANDYARD_GIT_PASSWORD"; done; return 0; }; f',
].join(' ')

/** Options for git that ask our helper alone; the empty one forgets the helpers that the user has. */
export const loginConfig: readonly string[] = ['-c', 'credential.helper=', '-c', `credential.helper=${helper}`]

/** The values that the helper reads. */
export function loginEnvironment(login: Login): Record<string, string> {
  return {
    SANDYARD_GIT_HOST: login.host,
    SANDYARD_GIT_USERNAME: login.username,
    SANDYARD_GIT_PASSWORD: login.password,
    GIT_ASKPASS: '',
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
