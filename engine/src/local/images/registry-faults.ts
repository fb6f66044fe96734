import { PlatformError } from '@sandyard/protocol'
import type { RunResult } from '../host/run.ts'
import { type ImageReference, showReference } from './reference.ts'
import type { Registry } from './registry.ts'

/** A failure that may be gone when it is tried again. */
export interface RegistryFault {
  readonly error: PlatformError
  readonly isPassing: boolean
}

type Told = readonly [pattern: RegExp, why: (registry: string) => string]

/** What cannot work, however often it is tried: what skopeo and registries say, and what we say of it. */
const lasting: readonly Told[] = [
  [/no such host|server misbehaving/i, (registry) => `there is no host ${registry}`],
  [
    /manifest unknown|name unknown|not found|\b404\b/i,
    () => 'the registry has no such image, or does not show it to us',
  ],
  [/x509|certificate/i, (registry) => `the certificate of ${registry} is not one that this machine trusts`],
  [/gave HTTP response to HTTPS client/i, (registry) => `${registry} speaks no HTTPS`],
  [
    /network is unreachable|no route to host|permission denied|prohibited/i,
    (registry) =>
      `${registry} cannot be reached; private networks are out of bounds unless the administrator allows them with the setting insecure-registries or network-allow`,
  ],
  [
    /digest did not match|does not match|mismatch|size mismatch/i,
    () => 'what the registry sends is not what its name says: a digest is wrong',
  ],
  [/file too large|disk quota exceeded|no space left|SIGXFSZ/i, () => 'it is larger than the snapshot may be'],
  [
    /unsupported manifest|unsupported schema|invalid character|cannot unmarshal|manifest.*(invalid|malformed)|unsupported MIME|exceeded maximum allowed size/i,
    () => 'its manifest is broken',
  ],
]

/** Says what went wrong when skopeo was asked for an image. */
export function readFault(reference: ImageReference, { login }: Registry, result: RunResult): RegistryFault {
  const { registry } = reference
  // Without what whoever named the image has chosen.
  const said = result.stderr
    .replace(/^time="[^"]*" /gm, '')
    .replaceAll(reference.repository, 'image')
    .replaceAll(reference.version, '')
    .trim()
  const fail = (why: string): RegistryFault => ({
    isPassing: false,
    error: new PlatformError('BAD_REQUEST', `Cannot pull ${showReference(reference)}: ${why}`),
  })
  if (/too\s?many\s?requests|\b429\b/i.test(said)) {
    return pass(
      reference,
      `${registry} lets no more through for now: too many requests${login === null ? '; a login may help' : ''}`,
    )
  }
  if (
    /unauthorized|authentication required|invalid username|denied|forbidden|\b40[13]\b/i.test(said) &&
    !/permission denied/i.test(said)
  ) {
    return fail(
      login === null
        ? `${registry} wants a login, and there is none for it; or it has no such image`
        : `${registry} refuses the login of ${JSON.stringify(login.username)}, or that may not pull this image`,
    )
  }
  const known = lasting.find(([pattern]) => pattern.test(said))
  if (known !== undefined) return fail(known[1](registry))
  if (result.timedOut) return pass(reference, `${registry} took too long`)
  const last = said.split('\n').at(-1) ?? ''
  const message = (/msg="((?:[^"\\]|\\.)*)"/.exec(last)?.[1] ?? last).replaceAll('\\"', '"')
  // Before the last colon after a name in quotes it says what it was asked.
  const told = message.replace(/^.*"[^"]*": /s, '')
  return pass(reference, `the connection to ${registry} failed: ${told.slice(0, 300)}`)
}

function pass(reference: ImageReference, why: string): RegistryFault {
  const message = `Cannot pull ${showReference(reference)}: ${why}`
  return { isPassing: true, error: new PlatformError('SERVICE_UNAVAILABLE', message) }
}
