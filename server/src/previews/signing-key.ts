import { randomText } from '../random.ts'
import type { Changes } from '../sandboxes/changes.ts'
import type { SandboxRecord } from '../store/sandbox-record.ts'

/** Characters of a signing key, about 248 bits. */
const keyLength = 48

/** The key that signs URLs of the sandbox's files; made now when nobody has asked for it before. */
export async function signingKeyOf(changes: Changes, sandbox: SandboxRecord): Promise<string> {
  if (sandbox.signingKey !== null) return sandbox.signingKey
  const { signingKey } = await changes.giveSigningKey(sandbox, randomText(keyLength))
  if (signingKey === null) throw new Error(`Sandbox ${sandbox.id} took no signing key`)
  return signingKey
}

/** Gives the sandbox another key, with which all URLs signed before end. */
export async function rotateSigningKey(changes: Changes, sandbox: SandboxRecord): Promise<string> {
  const signingKey = randomText(keyLength)
  await changes.update(sandbox, { signingKey })
  return signingKey
}
