import type { Daytona, Sandbox } from '@sandyard/sdk'
import { usageError } from '../../exit-codes.ts'

/** The sandboxes that are named, or all with `--all`. Throws a usage error for neither and for both. */
export async function chosenSandboxes(
  platform: Daytona,
  names: readonly string[],
  all: boolean,
): Promise<readonly Sandbox[]> {
  if (all === names.length > 0)
    throw usageError(all ? 'name sandboxes or give --all, not both' : 'name a sandbox, or give --all')
  if (all) return await platform.listSandboxes()
  return await Promise.all(names.map((name) => platform.get(name)))
}
