/*
 * A secret: a program uses a key that it never has.
 *
 *   node examples/secret.ts [host]
 *
 * Inside, the variable holds a placeholder. Only in requests to the host that the secret names, the platform puts the
 * value in its place, on the way. So code of strangers, or an agent that was talked into it, has nothing to give away.
 */
import { Daytona } from '@sandyard/sdk'

const [host = 'api.example.com'] = process.argv.slice(2)
const value = 'sk-of-the-example'
const daytona = new Daytona()
const secret = await daytona.secret.create({ name: `example-${Date.now()}`, value, hosts: [host] })
try {
  await using sandbox = await daytona.create({ secrets: { API_KEY: secret.name } })
  const run = async (command: string): Promise<string> => (await sandbox.process.executeCommand(command)).result.trim()
  const inside = await run('printenv API_KEY')
  console.log('inside:', `${inside.slice(0, 11)}…`, inside.includes(value) ? 'LEAKED' : 'no value')
  const answer = await run(`curl -sS -m 10 -H "Authorization: Bearer $API_KEY" https://${host}/`)
  console.log('the host answers:', answer)
} finally {
  await daytona.secret.delete(secret.id)
}
