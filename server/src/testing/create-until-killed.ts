/** A program for tests: it makes and deletes sandboxes in the store of its first argument and prints each answer. */
import { stdout } from 'node:process'
import { openTestServer } from './test-server.ts'

const storePath = process.argv[2]
if (storePath === undefined) throw new Error('The path of a store is missing')
const { create, call } = await openTestServer({ storePath })
for (;;) {
  const { id } = await create({ labels: { made: 'yes' } })
  stdout.write(`created ${id}\n`)
  const { id: other } = await create()
  await call(`DELETE /sandbox/${other}`)
  stdout.write(`deleted ${other}\n`)
}
