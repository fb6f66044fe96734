import { PlatformError } from '@sandyard/protocol/errors'
import { gitFailure } from './errors.ts'
import { loginFor } from './login.ts'
import { normalizeUrl } from './remote-url.ts'
import type { Git } from './run-git.ts'

/** Remotes by name, each with the URL it is fetched from, as configured. */
export async function listRemotes(git: Git): Promise<{ remotes: { name: string; url: string }[] }> {
  // Outside of a repository the configuration alone would answer.
  await git.run(['rev-parse', '--git-dir'])
  const args = ['config', '-z', '--get-regexp', '^remote\\..*\\.url$']
  const result = await git.probe(args)
  if (result.exitCode > 1) throw gitFailure(args, result)
  const urls = new Map<string, string>()
  for (const record of result.stdout.split('\0')) {
    const match = /^remote\.(.*?)\.url\n(.*)$/s.exec(record)
    if (match !== null && !urls.has(match[1] ?? '')) urls.set(match[1] ?? '', match[2] ?? '')
  }
  return { remotes: [...urls].map(([name, url]) => ({ name, url })) }
}

/** A remote to add. */
export interface RemoteInput {
  readonly name: string
  readonly url: string
  readonly fetch?: boolean | null | undefined
  readonly overwrite?: boolean | null | undefined
}

/** Adds a remote, or gives an existing one another URL when told to; when the fetch then fails all is as before. */
export async function addRemote(git: Git, input: RemoteInput): Promise<void> {
  const url = normalizeUrl(input.url, git.folder)
  const before = (await listRemotes(git)).remotes.find((remote) => remote.name === input.name)?.url
  if (before === undefined) await git.run(['remote', 'add', '--', input.name, url])
  else if (input.overwrite === true) await git.run(['remote', 'set-url', '--', input.name, url])
  else throw new PlatformError('CONFLICT', `The remote ${input.name} exists already`)
  if (input.fetch !== true) return
  try {
    const where = (await git.run(['remote', 'get-url', '--', input.name])).trim()
    await git.run(['fetch', '--quiet', '--', input.name], { login: await loginFor(git, where, undefined) })
  } catch (thrown) {
    if (before === undefined) await git.probe(['remote', 'remove', '--', input.name])
    else await git.probe(['remote', 'set-url', '--', input.name, before])
    throw thrown
  }
}
