import { randomUUID } from 'node:crypto'
import type { Identity, UserRecord, UserStore } from '../store/users.ts'

/** Makes a user with an organization named Personal; `false` when id, login or identity is another's. */
export async function createUser(
  users: Pick<UserStore, 'insert'>,
  user: UserRecord,
  { identity, regionId }: { readonly identity: Identity | null; readonly regionId: string },
): Promise<boolean> {
  const organization = {
    id: randomUUID(),
    name: 'Personal',
    createdBy: user.id,
    createdAtMs: user.createdAtMs,
    isPersonal: true,
    defaultRegionId: regionId,
  }
  return users.insert(user, organization, identity)
}
