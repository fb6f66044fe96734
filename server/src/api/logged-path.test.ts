import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sandboxRoutes } from '@sandyard/protocol'
import type { Answers } from './call.ts'
import { createApi } from './mount.ts'

test('a token that stands in a path is not logged', async () => {
  const logged: object[] = []
  const note = (fields: object) => void logged.push(fields)
  const api = createApi({
    authenticate: Object.assign(async () => null, { forget() {} }),
    home: { scheme: 'http', host: 'localhost', port: '' },
    version: '1',
    log: { debug: note, info: note, warn: note, error: note } as never,
    addressOf: () => '127.0.0.1',
    watchers: [],
  })
  const { expireSignedPortPreviewUrl } = sandboxRoutes
  const rows = { expireSignedPortPreviewUrl }
  api.add(rows, { expireSignedPortPreviewUrl: async () => {} } as unknown as Answers<typeof rows>)
  const path = '/api/sandbox/sb/ports/3001/signed-preview-url/sometokenoftheirs/expire'
  const { status } = await api.fetch(new Request(`http://localhost${path}`, { method: 'POST' }))
  assert.equal(status, 401)
  assert.deepEqual(
    logged.map((fields) => ('path' in fields ? fields.path : '')),
    [path.replace('sometokenoftheirs', '***')],
  )
})
