import { limits } from '@sandyard/protocol'
import type { TestServer } from './test-server.ts'
import type { Wrong } from './wrong-lifecycle.ts'

const good = { snapshot: 'default', pool: 1 }

const wrongSizes = [undefined, -1, 1.5, '2', limits.warmPoolSize + 1]

const unknown: Wrong = { params: { id: 'nobody' }, status: 404, message: /^Warm pool nobody not found$/ }

/** What can be wrong with the calls on warm pools. */
export const wrongWarmPools: Record<string, readonly Wrong[]> = {
  listWarmPools: [],
  createWarmPool: [
    ...[...wrongSizes, 0].map((pool): Wrong => ({ body: { ...good, pool }, status: 400, message: /pool/ })),
    { body: { ...good, snapshot: 'nobody' }, status: 400, message: /^Snapshot nobody not found$/ },
    { body: { ...good, snapshot: '' }, status: 400, message: /snapshot/ },
    { body: { pool: 1 }, status: 400, message: /snapshot/ },
    { body: { ...good, target: 'mars' }, status: 404, message: /^Region not found$/ },
    {
      body: good,
      status: 409,
      message: /^There is a warm pool of snapshot default already$/,
      prepare: ({ call }: TestServer) => call('POST /warm-pools', { body: good }),
    },
  ],
  updateWarmPool: [
    { ...unknown, body: { pool: 1 } },
    ...wrongSizes.map((pool): Wrong => ({ body: { pool }, status: 400, message: /pool/ })),
  ],
  deleteWarmPool: [unknown],
}

/** Bodies that are right, for wrongs of another kind. */
export const goodWarmPoolBodies: Record<string, object> = { createWarmPool: good, updateWarmPool: { pool: 1 } }
