import { createHmac, timingSafeEqual } from 'node:crypto'
import type { FileSignature } from '@sandyard/protocol'

/** What a signature is worth now. */
export type SignatureVerdict = 'valid' | 'expired' | 'invalid'

/**
 * Checks a signed file URL (toolbox.md 1.12). The method comes first and the time last and has no colon, so that two
 * different calls never have the same signed text, whatever is in the path. What has not been signed is never called
 * expired.
 * @param key of the sandbox; null when it never signed anything
 */
export function checkFileSignature(key: string | null, signature: FileSignature, nowMs: number): SignatureVerdict {
  const { method, path, expires, value } = signature
  if (key === null || !/^(0|[1-9]\d{0,14})$/.test(expires)) return 'invalid'
  const digest = createHmac('sha256', key).update(`v1:files:${method}:${path}:${expires}`).digest('base64url')
  const [given, wanted] = [Buffer.from(value), Buffer.from(`v1_${digest}`)]
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return 'invalid'
  return expires !== '0' && Number(expires) * 1000 <= nowMs ? 'expired' : 'valid'
}
