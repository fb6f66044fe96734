/**
 * A program for tests: it serves the objects of its first argument by HTTP, and prints where and with what they are
 * opened.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { stdout } from 'node:process'
import { createObjects } from '../objects/objects.ts'

const [, , folder = '', organizationId = ''] = process.argv
const log = { info: () => {}, warn: () => {}, error: () => {}, child: () => log }
const home = { scheme: 'http', host: 'localhost', port: '' } as const
const objects = await createObjects({ folder, home, region: 'us', clock: Date.now, log })
const http = createServer((request, response) => void objects.listener(request, response))
http.listen(0, '127.0.0.1', () => {
  const port = `:${(http.address() as AddressInfo).port}`
  stdout.write(`${JSON.stringify(objects.pushAccess(organizationId, { ...home, port }))}\n`)
})
