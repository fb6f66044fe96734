/**
 * A program for tests: it makes and deletes sandboxes in the store of its first argument, with the folder of its second,
 * and prints each answer; all of it is told to the endpoint of its third.
 */
import { stdout } from 'node:process'
import { openTestServer } from './test-server.ts'
import { makeEndpoint } from './webhook-calls.ts'

const [, , storePath, folder, url] = process.argv
if (storePath === undefined || folder === undefined || url === undefined) throw new Error('An argument is missing')
const server = await openTestServer({ storePath, folder })
const { path } = await makeEndpoint(server, { url })
stdout.write(`endpoint ${path}\n`)
for (;;) {
  const { id } = await server.create()
  stdout.write(`created ${id}\n`)
  const { id: other } = await server.create()
  await server.call(`DELETE /sandbox/${other}`)
  stdout.write(`deleted ${other}\n`)
}
