import { type Credentials, type Login, readCredentials } from './credentials.ts'
import type { Git } from './run-git.ts'
import { splitUrl } from './split-url.ts'

/**
 * Credentials for a remote: those of the call; else git asks the helpers that the user has set up. It needs a shell for
 * that, so in an image without one we ask its own store for it.
 * @param url where the remote really is, as git tells it
 */
export async function loginFor(
  git: Git,
  url: string,
  credentials: Credentials | undefined,
): Promise<Login | undefined> {
  if (credentials !== undefined) return { ...credentials, url }
  if (git.hasShell) return undefined
  const { scheme, user, host } = splitUrl(url)
  if (host === '') return undefined
  const helpers = await git.probe(['config', '-z', '--get-all', 'credential.helper'])
  if (!helpers.stdout.split('\0').includes('store')) return undefined
  const question = [`protocol=${scheme.toLowerCase().replace('://', '')}`, `host=${host}`]
  if (user !== '') question.push(`username=${decodeURIComponent(user)}`)
  const { stdout } = await git.probe(['credential-store', 'get'], { stdin: `${question.join('\n')}\n\n` })
  const answer = new Map(stdout.split('\n').map((line) => [line.split('=', 1)[0], line.slice(line.indexOf('=') + 1)]))
  const stored = readCredentials(answer.get('username'), answer.get('password'))
  return stored && { ...stored, url }
}
