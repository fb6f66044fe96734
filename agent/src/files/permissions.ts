import { chmod, chown, stat } from 'node:fs/promises'
import { PlatformError } from '@sandyard/protocol/errors'
import { openRegular, readHead } from './open-file.ts'

/** What to change; absent or empty stays as it is. */
export interface PermissionChange {
  /** id or name */
  readonly owner?: string | undefined
  /** id or name */
  readonly group?: string | undefined
  readonly mode?: number | undefined
}

/** Changes owner, group and mode of one file or folder; a name that is not known changes nothing. */
export async function setPermissions(path: string, change: PermissionChange): Promise<void> {
  await stat(path)
  const owner = await resolveId(change.owner, '/etc/passwd', 'user')
  const group = await resolveId(change.group, '/etc/group', 'group')
  if (owner !== unchanged || group !== unchanged) await chown(path, owner, group)
  // After the owner, whose change clears the set-id bits.
  if (change.mode !== undefined) await chmod(path, change.mode)
}

const unchanged = -1
const largestId = 4_294_967_294
const largestTableBytes = 1024 * 1024

/** Numbers are ids, whether or not the sandbox knows them; everything else is a name in its table. */
async function resolveId(nameOrId: string | undefined, table: string, kind: string): Promise<number> {
  if (nameOrId === undefined || nameOrId === '') return unchanged
  const id = parseId(nameOrId) ?? (await findId(table, nameOrId))
  if (id === null)
    throw new PlatformError('BAD_REQUEST', `${kind} not found: ${JSON.stringify(nameOrId.slice(0, 100))}`)
  return id
}

/** Id of a name in a file of the form `name:x:id:…`. */
async function findId(table: string, name: string): Promise<number | null> {
  const { handle } = await openRegular(table)
  try {
    const text = (await readHead(handle, largestTableBytes)).toString()
    const fields = text.split('\n').map((line) => line.split(':', 3))
    return parseId(fields.find(([known]) => known === name)?.[2] ?? '')
  } finally {
    await handle.close()
  }
}

function parseId(text: string): number | null {
  const id = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  return id <= largestId ? id : null
}
