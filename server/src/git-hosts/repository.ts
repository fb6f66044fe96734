import { limits, PlatformError } from '@sandyard/protocol'

/** A repository as its URL names it. */
export interface Repository {
  /** to clone from; without credentials */
  readonly url: string
  /** the same for all ways to write it */
  readonly key: string
  /** last part of its path, for people */
  readonly name: string
}

/** Hosts whose paths are the same in capitals and small letters. */
const foldedHosts = ['github.com', 'gitlab.com', 'bitbucket.org', 'codeberg.org']

/**
 * Reads the URL of a repository: `https` or `http`. Case of scheme and host, the scheme's own port, `.git` and slashes at
 * the end make no difference, nor does `http` or `https` where neither names a port. Throws BAD_REQUEST for other schemes,
 * for credentials in it, and for what names no repository.
 */
export function parseRepository(text: string): Repository {
  const wrong = (reason: string) => new PlatformError('BAD_REQUEST', `repository ${reason}`)
  if (text.length > limits.repositoryLength) throw wrong(`must have at most ${limits.repositoryLength} characters`)
  if (isSsh(text)) throw wrong('must be its https:// URL: previews do not clone by SSH')
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw wrong('must be a URL that begins with https:// or http://')
  }
  if (url.username !== '' || url.password !== '') {
    throw wrong('must not hold a name or password: token and username are for that')
  }
  if (url.search !== '' || url.hash !== '') throw wrong('must not have a query or fragment')
  if (/%(?:[01][0-9a-f]|7f|2f|5c)/i.test(url.pathname))
    throw wrong('must not have control characters or slashes escaped')
  const path = url.pathname.replace(/\/+$/, '').replace(/\.git$/i, '')
  const decoded = decode(path)
  const name = decoded?.split('/').at(-1) ?? ''
  if (name === '' || path.includes('//')) throw wrong('must have the path of a repository')
  const isFolded = foldedHosts.includes(url.hostname)
  return {
    url: `${url.origin}${url.pathname.replace(/\/+$/, '')}`,
    key: `${url.host}${isFolded ? path.toLowerCase() : path}`,
    name,
  }
}

/** True when both name one repository, as its git host sees it: all of ours take capitals and small letters for the same. */
export function isSameRepository(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase()
}

/** Scheme, host and port. */
export function originOf(url: string): string {
  return new URL(url).origin
}

function isSsh(text: string): boolean {
  return /^(?:ssh|git\+ssh):\/\//i.test(text) || /^[\w.-]+@[\w.-]+:(?!\/\/)/.test(text)
}

function decode(path: string): string | null {
  try {
    return decodeURIComponent(path)
  } catch {
    return null
  }
}
