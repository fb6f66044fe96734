import { PlatformError } from '@sandyard/protocol'
import type { Context } from './context.ts'

export async function setSandboxEnv(
  _context: Context,
  _sandboxId: string,
  _env: Readonly<Record<string, string>>,
): Promise<void> {
  throw new PlatformError('NOT_IMPLEMENTED', 'Changing variables is not supported yet')
}
