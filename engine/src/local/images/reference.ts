import { limits, PlatformError } from '@sandyard/protocol'

/** Name of an image with nothing left to guess. */
export interface ImageReference {
  /** host, with its port if any; Docker Hub is `docker.io` */
  readonly registry: string
  readonly repository: string
  /** what of the repository: `:tag`, or `@sha256:…`, which wins over a tag */
  readonly version: string
}

const dockerHub = 'docker.io'
const dockerHubNames = [dockerHub, 'index.docker.io', 'registry-1.docker.io', 'registry.hub.docker.com']

const label = '[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?'
const host = `(?:${label}(?:\\.${label})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]{1,5})?`
const part = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*'
const pattern = new RegExp(
  `^(?:(${host})/)?(${part}(?:/${part})*)(:[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127})?(@sha256:[a-f0-9]{64})?$`,
)

/** Reads the name of an image as Docker does. Throws BAD_REQUEST for what is none. */
export function parseReference(image: string): ImageReference {
  const refuse = (): never => {
    const shown = image.slice(0, 200)
    throw new PlatformError('BAD_REQUEST', `${JSON.stringify(shown)} is not the name of an image, such as python:3.12`)
  }
  if (image.length > limits.imageNameLength) refuse()
  const slash = image.indexOf('/')
  const first = slash === -1 ? '' : image.slice(0, slash)
  // The first part is a host only when it looks like one; `team/app` is a repository of Docker Hub.
  const hasHost = /[.:[A-Z]/.test(first) || first === 'localhost'
  const match = pattern.exec(hasHost ? image : `${dockerHub}/${image}`)
  const [, named = '', path = '', tag, digest] = match ?? refuse() ?? []
  const registry = normaliseRegistry(named)
  const repository = registry === dockerHub && !path.includes('/') ? `library/${path}` : path
  return { registry, repository, version: digest ?? tag ?? ':latest' }
}

/** A registry as people write it, with or without a scheme, as references have it. */
export function normaliseRegistry(written: string): string {
  const bare = written
    .trim()
    .replace(/^https?:\/\//i, '')
    .replace(/\/(v[12]\/?)?$/, '')
  const [name = '', ...path] = bare.split('/')
  const lower = name.toLowerCase()
  return [dockerHubNames.includes(lower) ? dockerHub : lower, ...path].join('/')
}

/** The name as people read it. */
export function showReference({ registry, repository, version }: ImageReference): string {
  return `${registry}/${repository}${version}`
}
