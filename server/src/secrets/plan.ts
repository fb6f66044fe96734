import { envName, limits, PlatformError } from '@sandyard/protocol'
import type { SandboxRecord, SecretMount } from '../store/sandbox-record.ts'
import type { SecretStore } from '../store/secrets.ts'

/** What a call asks for: entries of names of secrets by variables, their shape checked. */
export type WantedSecrets = readonly Readonly<Record<string, string>>[] | null | undefined

/** Variables that the platform sets, or that change how every program runs: with a placeholder in them nothing works. */
const reserved: ReadonlySet<string> = new Set([
  'AWS_CA_BUNDLE',
  'AWS_CA_BUNDLE',
  'BASH_ENV',
  'CARGO_HTTP_CAINFO',
  'CARGO_HTTP_CAINFO',
  'CURL_CA_BUNDLE',
  'DAYTONA_ORGANIZATION_ID',
  'DAYTONA_REGION_ID',
  'DAYTONA_SANDBOX_ID',
  'DAYTONA_SANDBOX_SNAPSHOT',
  'DAYTONA_SANDBOX_USER',
  'DENO_CERT',
  'DENO_CERT',
  'ENV',
  'GIT_SSL_CAINFO',
  'HOME',
  'HOSTNAME',
  'IFS',
  'LANG',
  'LC_ALL',
  'LD_AUDIT',
  'LD_LIBRARY_PATH',
  'LD_PRELOAD',
  'LOGNAME',
  'NODE_EXTRA_CA_CERTS',
  'NODE_OPTIONS',
  'PATH',
  'PIP_CERT',
  'PWD',
  'PYTHONHOME',
  'PYTHONPATH',
  'REQUESTS_CA_BUNDLE',
  'SHELL',
  'SSL_CERT_DIR',
  'SSL_CERT_FILE',
  'TERM',
  'TMPDIR',
  'TZ',
  'USER',
])

/**
 * The secrets for a sandbox, of names that the organization has. Throws BAD_REQUEST otherwise, and for a variable that is
 * none, that is asked for twice, or that is set already. What was given in place of a name is not repeated in a message,
 * nor in a log: it may be a value that somebody has put there.
 */
export async function planSecrets(
  secrets: Pick<SecretStore, 'named'>,
  { organizationId, env: own }: Pick<SandboxRecord, 'organizationId' | 'env'>,
  wanted: WantedSecrets,
): Promise<SecretMount[]> {
  const entries = (wanted ?? []).flatMap((entry) => Object.entries(entry))
  if (entries.length > limits.secretsOfSandbox) {
    refuse(`a sandbox has at most ${limits.secretsOfSandbox}`)
  }
  const names = new Map<string, string>()
  for (const [env, name] of entries) {
    checkVariable(env, own)
    if (names.has(env)) refuse(`${env} is asked for twice`)
    names.set(env, name)
  }
  const found = new Map(
    (await secrets.named(organizationId, [...new Set(names.values())])).map((one) => [one.name, one]),
  )
  return [...names].map(([env, name]) => {
    const secretId =
      found.get(name)?.id ?? refuse(`the organization has no secret of the name that is given for ${env}`)
    return { env, secretId, name }
  })
}

function checkVariable(env: string, own: Readonly<Record<string, string>>): void {
  if (!envName.test(env)) refuse(`invalid environment variable name: '${env.slice(0, 100)}'`)
  const isReserved = reserved.has(env) || env.startsWith('SANDYARD_') || env.toLowerCase().endsWith('_proxy')
  if (isReserved) refuse(`${env} is a variable of the platform`)
  if (Object.hasOwn(own, env)) refuse(`${env} is in the environment of the sandbox already`)
}

function refuse(message: string): never {
  throw new PlatformError('BAD_REQUEST', `secrets: ${message}`)
}
