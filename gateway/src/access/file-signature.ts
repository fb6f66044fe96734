import type { FileSignature } from '@sandyard/protocol'

/** A signed URL of a file call. */
export interface SignedCall {
  readonly signature: FileSignature
  /** the same call without its signature: what was signed and nothing else, written anew */
  readonly url: string
}

/** What a URL that carries a signature is: a signed call, or why it is none. */
export type SignedUrl = SignedCall | { readonly fault: string }

/** The calls that a signed URL may make, by their exact path (toolbox.md 1.12). */
const signedMethods: ReadonlyMap<string, FileSignature['method']> = new Map([
  ['/files/download', 'GET'],
  ['/files/upload-v2', 'POST'],
])
const signedKeys: readonly string[] = ['path', 'expires', 'signature']

/**
 * Reads a signed URL; null for every URL that carries no signature or is not one of the two calls. The query must hold
 * just what is signed, each once: of a path that stands there twice, the agent might take the other one.
 * @param method of the request
 * @param url agent's path with the query, as the client wrote it
 */
export function readSignedUrl(method: string, url: string): SignedUrl | null {
  const mark = url.indexOf('?')
  const route = mark === -1 ? url : url.slice(0, mark)
  const signedMethod = signedMethods.get(route)
  if (signedMethod === undefined || signedMethod !== method) return null
  const query = new URLSearchParams(url.slice(mark + 1))
  if (!query.has('signature')) return null
  if (query.size !== signedKeys.length || signedKeys.some((key) => !query.has(key))) {
    return { fault: `A signed URL has exactly these in its query, each once: ${signedKeys.join(', ')}` }
  }
  const [path = '', expires = '', value = ''] = signedKeys.map((key) => query.get(key) ?? '')
  return {
    signature: { method: signedMethod, path, expires, value },
    url: `${route}?path=${encodeURIComponent(path)}`,
  }
}
