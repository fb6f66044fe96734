import type { Wrong } from './wrong-lifecycle.ts'

/** By a key that may do something, but neither make snapshots nor sandboxes. */
const powerless = {
  key: '',
  prepare: async ({ call }: Parameters<NonNullable<Wrong['prepare']>>[0]) => {
    const body = { name: 'powerless', permissions: ['read:volumes', 'delete:snapshots'] }
    powerless.key = (await call('POST /api-keys', { body })).body.value
  },
  status: 403,
  message: /^Access denied$/,
}

/** What can be wrong with the calls on object storage. */
export const wrongObjectStorage: Record<string, readonly Wrong[]> = { getPushAccess: [powerless] }
