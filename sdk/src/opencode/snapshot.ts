import { Daytona } from '../daytona.ts'
import { DaytonaConflictError, DaytonaNotFoundError } from '../errors.ts'
import { installOpenCode } from './install.ts'
import { defaultSandbox, type OpenCodeSource, openCodeVersion } from './options.ts'

/**
 * Makes a snapshot that has OpenCode, unless there is one of the name, and gives its name. Servers made from it need no
 * installation.
 *
 * @param options `name`: default `opencode-<version>`
 */
export async function prepareOpenCodeSnapshot(options: OpenCodeSource & { name?: string } = {}): Promise<string> {
  const { client = new Daytona(), version = openCodeVersion, snapshot, env, onProgress = () => {}, signal } = options
  const name = options.name ?? `opencode-${version}`
  try {
    await client.snapshot.get(name)
    return name
  } catch (error) {
    if (!(error instanceof DaytonaNotFoundError)) throw error
  }
  onProgress(`Making the snapshot ${name}, once`)
  const { cpu, memory, disk } = defaultSandbox
  const sandbox = await client.create({ snapshot, env, cpu, memory, disk, labels: { 'sandyard.opencode': 'snapshot' } })
  try {
    signal?.throwIfAborted()
    await installOpenCode(sandbox, version, onProgress)
    signal?.throwIfAborted()
    await sandbox.createSnapshot(name)
  } catch (error) {
    // Somebody else was quicker.
    if (!(error instanceof DaytonaConflictError)) {
      await sandbox.delete().catch(() => {})
      throw error
    }
  }
  await sandbox.delete()
  return name
}
