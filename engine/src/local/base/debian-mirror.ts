import { runProgram } from './program.ts'

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg'

/** Where Debian packages come from and how to reach it. */
export interface DebianMirror {
  /** lines of a sources.list; none: what mmdebstrap takes by itself, the public one */
  readonly sources: readonly string[]
  /** apt options of this machine that matter on the way there (proxy, CA, dates) */
  readonly aptOptions: readonly string[]
}

/**
 * The mirror for a Debian suite: the one named, else the one this machine is configured with when it is a Debian,
 * else none, which stands for the public one. Security updates come from beside it.
 */
export async function findDebianMirror(suite: string, named: string | null): Promise<DebianMirror> {
  const own = named === null ? await ownMirrors() : { main: named.replace(/\/$/, ''), security: null }
  const aptOptions = await reachOptions()
  const { main } = own
  if (main === null) return { sources: [], aptOptions }
  const security = own.security ?? `${main}-security`
  const from = `deb [signed-by=${keyring}]`
  return {
    sources: [
      `${from} ${main} ${suite} main`,
      `${from} ${main} ${suite}-updates main`,
      `${from} ${security} ${suite}-security main`,
    ],
    aptOptions,
  }
}

interface Mirrors {
  readonly main: string | null
  readonly security: string | null
}

async function ownMirrors(): Promise<Mirrors> {
  const format = '$(ORIGIN)|$(LABEL)|$(COMPONENT)|$(REPO_URI)'
  const lines = await runProgram('apt-get', ['indextargets', '--format', format, 'Created-By: Packages'])
  let main: string | null = null
  let security: string | null = null
  for (const line of lines) {
    const [origin, label, component, uri] = line.split('|')
    if (origin !== 'Debian' || component !== 'main' || uri === undefined) continue
    if (label === 'Debian') main ??= uri.replace(/\/$/, '')
    if (label === 'Debian-Security') security ??= uri.replace(/\/$/, '')
  }
  return { main, security }
}

async function reachOptions(): Promise<readonly string[]> {
  const lines = await runProgram('apt-config', ['dump', '--format', '%F "%v";%n'])
  return lines.filter((line) => /^Acquire::(https?::(Proxy|CaInfo)\b|Check-(Valid-Until|Date) )/i.test(line))
}
