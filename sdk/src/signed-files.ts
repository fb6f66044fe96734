import { toBase64Url } from './bytes.ts'
import { DaytonaError } from './errors.ts'

const defaultSeconds = 3600

/**
 * A URL that downloads or uploads one file without further credentials (toolbox.md 1.12).
 *
 * @param base of the calls of the sandbox
 * @param ttlSeconds 0 or less is for ever, until the key is changed
 */
export async function signFileUrl(
  base: string,
  method: 'GET' | 'POST',
  path: string,
  key: string,
  ttlSeconds = defaultSeconds,
): Promise<string> {
  if (!Number.isFinite(ttlSeconds)) throw new DaytonaError('ttlSeconds must be a number')
  const expires = ttlSeconds <= 0 ? 0 : Math.floor(Date.now() / 1000) + Math.floor(ttlSeconds)
  const encoder = new TextEncoder()
  const secret = await crypto.subtle.importKey('raw', encoder.encode(key), { name: 'HMAC', hash: 'SHA-256' }, false, [
    'sign',
  ])
  const text = `v1:files:${method}:${path}:${expires}`
  const signature = `v1_${toBase64Url(new Uint8Array(await crypto.subtle.sign('HMAC', secret, encoder.encode(text))))}`
  const query = new URLSearchParams({ path, expires: String(expires), signature })
  return `${base}${method === 'GET' ? '/files/download' : '/files/upload-v2'}?${query}`
}
