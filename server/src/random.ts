import { hash, randomBytes, randomInt } from 'node:crypto'

const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789'

/** Unguessable lower-case letters and digits. */
export function randomText(length: number): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('')
}

/** A new API key: `dtn_` and 64 hex digits (api.md 3.1). */
export function randomKey(): string {
  return randomToken('dtn_')
}

/** A secret that tells by its prefix what it is: behind it are 64 hex digits. */
export function randomToken(prefix: string): string {
  return prefix + randomBytes(32).toString('hex')
}

/** Hex SHA-256: what is stored of a secret that never has to be shown again. */
export function digest(secret: string): string {
  return hash('sha256', secret)
}
