import { PlatformError } from '@sandyard/protocol'

/** The platform's own image, which the engine has without a registry. */
export const ownImage = 'sandyard/default'

const dockerHub = 'docker.io'
const host = /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*(?::[0-9]{1,5})?$/i
const component = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/
const tagForm = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/
const digestForm = /^sha256:[0-9a-f]{64}$/

/**
 * The whole name of an image that is asked for: with its registry, Docker Hub where none is named. Throws BAD_REQUEST
 * for what is no name, and without a tag or a digest, or with the tag `latest`: both name another image tomorrow
 * (api.md 2.8).
 */
export function wholeImageName(text: string): string {
  if (text === ownImage) return ownImage
  const [, rest = '', digest] = /^([^@]*)(?:@(.*))?$/s.exec(text) ?? []
  const [, path = '', tag] = /^(.*?)(?::([^/:]*))?$/s.exec(rest) ?? []
  if (digest !== undefined && !digestForm.test(digest)) refuse(text, 'its digest must be `sha256:` and 64 hex digits')
  if (tag !== undefined && !tagForm.test(tag)) refuse(text, 'its tag is none')
  if (digest === undefined && tag === undefined) refuse(text, 'it needs a tag or a digest, such as `image:1.2`')
  if (digest === undefined && tag === 'latest') refuse(text, 'the tag `latest` is not allowed: name a version')
  const { registry, repository } = split(path)
  if (!host.test(registry)) refuse(text, 'its registry is no host name')
  if (!repository.split('/').every((part) => component.test(part))) {
    refuse(text, 'its parts must be lower-case letters, digits and single separators')
  }
  const name = `${canonicalHost(registry)}/${repository}`
  // A digest says more than the tag beside it.
  return digest === undefined ? `${name}:${tag}` : `${name}@${digest}`
}

/** The host of a registry under the one name that all its names stand for. */
export function canonicalHost(registry: string): string {
  const lower = registry.toLowerCase()
  const isDockerHub = ['hub.docker.com', 'index.docker.io', 'registry-1.docker.io', 'registry.hub.docker.com'].includes(
    lower,
  )
  return isDockerHub ? dockerHub : lower
}

/** True for `host` or `host:port`. */
export function isRegistryHost(text: string): boolean {
  return host.test(text)
}

function split(path: string): { registry: string; repository: string } {
  const [first = '', ...others] = path.split('/')
  const isHost = others.length > 0 && (/[.:]/.test(first) || first === 'localhost')
  const [registry, repository] = isHost ? [first, others.join('/')] : [dockerHub, path]
  const isOfficial = canonicalHost(registry) === dockerHub && !repository.includes('/')
  return { registry, repository: isOfficial ? `library/${repository}` : repository }
}

function refuse(text: string, why: string): never {
  throw new PlatformError('BAD_REQUEST', `Image name ${text.slice(0, 200)} is not valid: ${why}`)
}
