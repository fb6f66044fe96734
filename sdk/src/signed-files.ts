import { toBase64Url } from './bytes.ts'
import { DaytonaError } from './errors.ts'
import { signText } from './hmac.ts'

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
  const signature = `v1_${toBase64Url(await signText(key, `v1:files:${method}:${path}:${expires}`))}`
  const query = new URLSearchParams({ path, expires: String(expires), signature })
  return `${base}${method === 'GET' ? '/files/download' : '/files/upload-v2'}?${query}`
}
