import { PlatformError } from '@sandyard/protocol'
import { digest, randomText } from '../random.ts'
import type { SandboxRecord } from '../store/sandbox-record.ts'
import type { SignedTokenStore } from '../store/signed-tokens.ts'
import type { MadeBy } from '../store/tables.ts'

/** Form of a signed token: a host label that cannot be taken for a sandbox id (api.md 2.7). */
export const signedToken = /^[a-z0-9]{16}$/

/** An expired token is remembered for so long, to say that this is what is wrong with it, ms. */
export const expiredKeptMs = 24 * 3600_000

/** Makes a token that opens one port until it expires. */
export async function signPreview(
  tokens: SignedTokenStore,
  sandbox: SandboxRecord,
  { port, expiresAtMs, madeBy }: { port: number; expiresAtMs: number; madeBy: MadeBy },
): Promise<string> {
  const token = randomText(16)
  await tokens.insert({ hash: digest(token), sandboxId: sandbox.id, port, expiresAtMs, ...madeBy })
  return token
}

/** Ends a token before its time. Throws NOT_FOUND when this port of the sandbox has no such token. */
export async function expireSigned(
  tokens: SignedTokenStore,
  sandbox: SandboxRecord,
  { port, token }: { port: number; token: string },
): Promise<void> {
  if (!(await tokens.remove({ hash: digest(token), sandboxId: sandbox.id, port }))) {
    throw new PlatformError('NOT_FOUND', `Port ${port} of sandbox ${sandbox.id} has no such signed URL`)
  }
}
