/*
 * A backend by its type: the same work on this machine and in a sandbox.
 *
 *   node examples/backend/main.ts local
 *   node examples/backend/main.ts sandyard
 *
 * backend.ts has the interface and the factory. Here an agent's work is one program; then the place is left and found
 * again, as after a restart of whatever runs the agents.
 */
import { type BackendType, createBackend, reconnect } from './backend.ts'

const [type = 'sandyard'] = process.argv.slice(2)
const backend = createBackend(type as BackendType, { name: `example-${Date.now()}` })
try {
  await backend.setup()
  await backend.writeFile('work.sh', 'echo "worked on by $1" | tee result.txt\n')
  console.log((await backend.exec('sh work.sh somebody')).trim())

  const again = await reconnect(type as BackendType, backend.sandboxId)
  console.log((await again.status()).state)
  for (const { name, size } of await again.listFiles('.')) console.log(name, size)
  console.log(new TextDecoder().decode(await again.readFile('result.txt')).trim())
} finally {
  await backend.teardown()
}
console.log((await backend.status()).state)
