import { resolve4 } from 'node:dns/promises'
import { existsSync, readdirSync } from 'node:fs'
import { createServer, isIP } from 'node:net'
import { join } from 'node:path'
import type { Config } from '../config.ts'
import { findRunning } from '../data-folder.ts'
import { type Check, type Finding, fail, ok, warn } from './check.ts'
import { ask, readIfThere } from './look.ts'

/** Ports, the way out, and who else filters traffic. */
export function networkChecks(config: Config): readonly Check[] {
  return [
    { name: 'port', run: () => checkPort(config, config.port, '--port') },
    { name: 'preview domain', run: () => checkPreviewDomain(config) },
    {
      name: 'IP forwarding',
      run() {
        const isOn = readIfThere('/proc/sys/net/ipv4/ip_forward')?.trim() === '1'
        return isOn ? ok('on') : ok('off', 'sandboxes reach the network through it: the platform switches it on')
      },
    },
    { name: 'Docker', run: checkDocker },
    { name: 'ufw', run: () => checkUfw(config.network) },
    { name: 'firewalld', run: () => checkFirewalld(config.network) },
    { name: 'DNS', run: checkDns },
  ]
}

async function checkPort(config: Config, port: number, flag: string): Promise<Finding> {
  if (port === 0) return ok('a free one is taken')
  if (await isFree(port, config.host)) return ok(`${port} is free`)
  const running = await findRunning(config.data)
  if (running !== null) return ok(`${port} is used by the running platform, ${running}`)
  return fail(`${port} is used by another program`, `end that one, or choose another ${flag}`)
}

function isFree(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, host, () => server.close(() => resolve(true)))
  })
}

/** Scripts of previews can set cookies for the domain above them; so large that the dashboard gets no answer, for one. */
function checkPreviewDomain({ publicUrl, previewDomain }: Config): Finding {
  const host = publicUrl === null ? 'localhost' : new URL(publicUrl).hostname
  const near = previewDomain.find((domain) => shareCookies(host, domain))
  if (near === undefined) return ok('previews and the dashboard share no cookies')
  return warn(
    `${near} and the dashboard at ${host} are one site`,
    'programs in sandboxes can sign people out there; take a domain for previews that has nothing else',
  )
}

/** True where a page of a host below `domain` may set cookies that `host` gets: both end alike, in two names or more. */
export function shareCookies(host: string, domain: string): boolean {
  const [one, other] = [host, domain].map((name) => name.toLowerCase().split('.').toReversed())
  if (one === undefined || other === undefined || isIP(host) !== 0) return false
  const alike = one.findIndex((label, at) => label !== other[at])
  return (alike === -1 ? one.length : alike) >= 2
}

/** Docker sets the policy of forwarded traffic to drop; what we accept, its chains would still drop. */
async function checkDocker(): Promise<Finding> {
  const rules = process.getuid?.() === 0 ? await ask('iptables', '-S', 'FORWARD') : null
  if (rules === null) {
    const isThere = existsSync('/run/docker.sock')
    return isThere
      ? warn('runs; its rules cannot be read', 'run doctor as root, with iptables installed')
      : ok('does not filter here')
  }
  if (!rules.includes('-P FORWARD DROP')) return ok('does not filter here')
  return warn(
    'drops forwarded traffic',
    'the platform adds rules for its sandboxes to DOCKER-USER, and reset removes them',
  )
}

function checkUfw(network: string): Finding {
  if (!/^ENABLED=yes/m.test(readIfThere('/etc/ufw/ufw.conf') ?? '')) return ok('not active')
  const allow = `ufw route allow from ${network} && ufw allow from ${network} to any port 53`
  return warn('active: it may drop what sandboxes send', `${allow} (what they may reach is limited by our own rules)`)
}

async function checkFirewalld(network: string): Promise<Finding> {
  if ((await ask('firewall-cmd', '--state'))?.trim() !== 'running') return ok('not active')
  const allow = `firewall-cmd --permanent --zone=trusted --add-source=${network} && firewall-cmd --reload`
  return warn('active: it may drop what sandboxes send', `${allow} (what they may reach is limited by our own rules)`)
}

async function checkDns(): Promise<Finding> {
  const servers = [...(readIfThere('/etc/resolv.conf') ?? '').matchAll(/^nameserver\s+(\S+)/gm)].map(
    (match) => match[1],
  )
  if (servers.length === 0)
    return fail('no name server in /etc/resolv.conf', 'sandboxes ask through the one of this machine')
  const name = packageHost() ?? 'debian.org'
  const answered = await Promise.race([
    resolve4(name).then(
      () => true,
      () => false,
    ),
    new Promise<boolean>((done) => setTimeout(done, 3000, false).unref()),
  ])
  if (answered) return ok(`${servers.join(', ')} answers`)
  return warn(`${servers.join(', ')} does not resolve ${name}`, 'without it the first start cannot make its snapshot')
}

/** The host that this machine gets its own packages from: a name that must resolve here. */
function packageHost(): string | undefined {
  const lists = ['/etc/apt/sources.list', ...listFolder('/etc/apt/sources.list.d')]
  const texts = lists.map((file) => readIfThere(file) ?? '')
  return texts
    .map((text) => /^(?:deb\s.*?|URIs:\s*)https?:\/\/([^/\s:]+)/m.exec(text)?.[1])
    .find((host) => host !== undefined)
}

function listFolder(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []
}
