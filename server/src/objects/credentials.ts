import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { S3Error } from './s3-error.ts'

/** How long they open anything, ms (api.md 2.10). */
export const credentialsMs = 3600 * 1000

/** What a client signs its calls with for a time. */
export interface TemporaryCredentials {
  readonly accessKey: string
  readonly secret: string
  /** says whose they are and until when, and cannot be forged */
  readonly sessionToken: string
}

/** Who made a call, as far as its token tells: only the right secret proves it. */
export interface Holder {
  readonly organizationId: string
  readonly secret: string
}

/** Makes and reads credentials. Nothing is kept of them: all is in the token and in the secret of the server. */
export interface CredentialMint {
  make(organizationId: string, nowMs: number): TemporaryCredentials
  /**
   * Throws InvalidToken for what was not made here, ExpiredToken, or InvalidAccessKeyId when the two do not belong
   * together.
   */
  read(given: { accessKey: string; sessionToken: string | undefined }, nowMs: number): Holder
}

/** @param key of the server, at least 32 random bytes; another key ends all credentials that were made with it */
export function createCredentialMint(key: Buffer): CredentialMint {
  const mac = (purpose: string, text: string) =>
    createHmac('sha256', key).update(`${purpose}:${text}`).digest('base64url')
  return {
    make(organizationId, nowMs) {
      const accessKey = randomBytes(10).toString('hex').toUpperCase()
      const fields = [organizationId, nowMs + credentialsMs, accessKey]
      const payload = Buffer.from(JSON.stringify(fields)).toString('base64url')
      return { accessKey, secret: mac('secret', payload), sessionToken: `${payload}.${mac('token', payload)}` }
    },
    read({ accessKey, sessionToken }, nowMs) {
      if (sessionToken === undefined) {
        throw new S3Error('InvalidAccessKeyId', 'These credentials need their session token with each call')
      }
      const [payload = '', proof = '', ...rest] = sessionToken.slice(0, 2000).split('.')
      if (rest.length > 0 || !isEqual(proof, mac('token', payload))) {
        throw new S3Error('InvalidToken', 'The session token is not one of this platform')
      }
      const fields = JSON.parse(Buffer.from(payload, 'base64url').toString()) as [string, number, string]
      const [organizationId, expiresAtMs, ownAccessKey] = fields
      if (ownAccessKey !== accessKey) {
        throw new S3Error('InvalidAccessKeyId', 'The access key does not belong to the session token')
      }
      if (nowMs >= expiresAtMs)
        throw new S3Error('ExpiredToken', 'The session token has expired; ask for new credentials')
      return { organizationId, secret: mac('secret', payload) }
    },
  }
}

/** Compares in a time that tells nothing. */
export function isEqual(first: string, second: string): boolean {
  const [one, other] = [Buffer.from(first), Buffer.from(second)]
  return one.length === other.length && timingSafeEqual(one, other)
}
