import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { openKeyFile } from './key-file.ts'

const nonceBytes = 12
const tagBytes = 16
const version = 'v1.'

/** Keeps values that must be shown again from whoever reads the store alone. */
export interface Cipher {
  /** Seals a text; `owner` names whose it is, and only the same name opens it. */
  seal(text: string, owner: string): string
  /** The text again. Throws a plain error when it was sealed with another key, for another owner, or was changed. */
  open(sealed: string, owner: string): string
}

/**
 * Makes a cipher (AES-256-GCM) with the key in `<folder>/secret-key`, which is made at the first call. Without that
 * file what was sealed is lost, so a copy of the data has to hold it too.
 */
export async function openCipher(folder: string): Promise<Cipher> {
  const key = await openKeyFile(keyFile(folder))
  return {
    seal(text, owner) {
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
      cipher.setAAD(Buffer.from(owner))
      const sealed = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
      return version + sealed.toString('base64url')
    },
    open(sealed, owner) {
      const bytes = Buffer.from(sealed.slice(version.length), 'base64url')
      if (!sealed.startsWith(version) || bytes.length < nonceBytes + tagBytes) {
        throw new Error(`A secret of ${owner} is not in a form that this version knows`)
      }
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes })
      decipher.setAAD(Buffer.from(owner))
      decipher.setAuthTag(bytes.subarray(-tagBytes))
      try {
        const text = decipher.update(bytes.subarray(nonceBytes, -tagBytes))
        return Buffer.concat([text, decipher.final()]).toString('utf8')
      } catch (cause) {
        throw new Error(`A secret of ${owner} cannot be opened: was ${keyFile(folder)} replaced?`, { cause })
      }
    },
  }
}

function keyFile(folder: string): string {
  return join(folder, 'secret-key')
}
