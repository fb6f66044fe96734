import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { createConnect } from './local-platform.ts'
import { createRoom } from './room.ts'

test('a sandbox that answers with a redirect makes the platform ask nobody', async (t) => {
  const asked: string[] = []
  const own = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    response.writeHead(request.url === '/secret' ? 200 : 307, { location: '/secret' }).end('"of this machine"')
  })
  own.listen(0, '127.0.0.1')
  await once(own, 'listening')
  t.after(() => own.close())
  const { port } = own.address() as AddressInfo
  const sandbox = { id: 'a', name: 'a', state: 'started', labels: {}, toolboxProxyUrl: 'http://platform.test/toolbox' }
  const connect = createConnect(
    { callApi: async () => Response.json(sandbox), localUrl: `http://127.0.0.1:${port}` },
    createRoom(),
  )
  const caller = { bearer: 'k', organizationId: undefined, id: 'k', site: 'http://platform.test', address: undefined }
  const box = await connect({ ...caller, forwarded: {} }).get('a')
  await assert.rejects(box.getWorkDir(), /leads to/)
  assert.equal(asked.length, 1, asked.join())
})
