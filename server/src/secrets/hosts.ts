import { PlatformError } from '@sandyard/protocol'
import { parseHostName } from '../host-name.ts'

/** Registries of a country sell names below these: `*.co.uk` would be thousands of strangers. */
const countrySuffix = /^(?:ac|co|com|ed|edu|go|gob|gouv|gov|govt|ltd|me|mil|ne|net|nom|or|org|plc|sch)\.[a-z]{2}$/

/** Anybody gets a name of their own below these. The list cannot be whole: it has what is used most. */
const sharedSuffixes: ReadonlySet<string> = new Set([
  'a.run.app',
  'amazonaws.com',
  'app.github.dev',
  'appspot.com',
  'azurewebsites.net',
  'blob.core.windows.net',
  'blogspot.com',
  'cloudfront.net',
  'deno.dev',
  'duckdns.org',
  'firebaseapp.com',
  'fly.dev',
  'github.io',
  'gitlab.io',
  'herokuapp.com',
  'loca.lt',
  'netlify.app',
  'ngrok-free.app',
  'ngrok-free.dev',
  'ngrok.app',
  'ngrok.dev',
  'ngrok.io',
  'nip.io',
  'onrender.com',
  'pages.dev',
  'r2.dev',
  'railway.app',
  'repl.co',
  'replit.app',
  'run.app',
  's3.amazonaws.com',
  'sslip.io',
  'supabase.co',
  'surge.sh',
  'traefik.me',
  'trycloudflare.com',
  'up.railway.app',
  'vercel.app',
  'web.app',
  'workers.dev',
])

const hint =
  'hosts: name the hosts that may get this secret, such as api.example.com or *.example.com; a secret for every host would go to whoever asks for it'

/**
 * Hosts of a secret in the form in which requests name them, each once. Throws BAD_REQUEST when there are none: what the
 * original takes for no restriction gives the value away to programs inside. So do addresses and names that are too wide.
 */
export function parseHosts(given: readonly string[]): readonly string[] {
  if (given.length === 0) throw new PlatformError('BAD_REQUEST', hint)
  return [...new Set(given.map(parseHost))]
}

function parseHost(text: string): string {
  const host = parseHostName(text.trim())
  const told = `hosts: '${text.slice(0, 300)}'`
  if (host === null || !host.replace(/^\*\./, '').includes('.')) {
    const isBare = text.trim() === '*' || (host?.startsWith('*.') ?? false)
    const fault = isBare ? `${told} is too wide` : `${told} is not the name of a host`
    throw new PlatformError(
      'BAD_REQUEST',
      `${fault}; it must be such as api.example.com or *.example.com, without a port, and no address`,
    )
  }
  const below = host.startsWith('*.') ? host.slice(2) : ''
  if (countrySuffix.test(below) || sharedSuffixes.has(below)) {
    throw new PlatformError('BAD_REQUEST', `${told} is too wide: anybody can have a name below ${below}`)
  }
  return host
}
