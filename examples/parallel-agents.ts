/*
 * Agents side by side: twenty sandboxes, each with a task of its own, none of which sees the others.
 *
 *   node examples/parallel-agents.ts [count]
 *
 * Sandboxes are made at once; each works as soon as it is there. A label finds them again, here to see that all are
 * deleted: `await using` deletes each when its task is done, also when it failed. Small ones, as all count against the
 * limits of the organization at the same time.
 */
import { Daytona } from '@sandyard/sdk'

const count = Number(process.argv[2] ?? 20)
const daytona = new Daytona()
const labels = { run: crypto.randomUUID() }
const startedMs = Date.now()

/** Stands for an agent: writes a program, runs it, and reads what it made. */
async function work(number: number): Promise<string> {
  await using sandbox = await daytona.createSandbox({ cpu: 1, memory: 1, disk: 1, labels })
  const program = `const square = ${number} ** 2; require('node:fs').writeFileSync('answer.txt', String(square))`
  await sandbox.fs.uploadFile(new TextEncoder().encode(program), 'program.js')
  const { exitCode, result } = await sandbox.process.executeCommand('ls answer.txt 2>&1; node program.js')
  if (exitCode !== 0 || !result.includes('No such file')) throw new Error(`agent ${number}: ${result}`)
  return (await sandbox.fs.readFile('answer.txt')).toString('utf-8')
}

const answers = await Promise.all(Array.from({ length: count }, (_, number) => work(number)))
console.log(`${count} agents in ${Date.now() - startedMs} ms: ${answers.join(' ')}`)
const left = await daytona.listSandboxes({ labels })
console.log(`left: ${left.filter(({ state }) => state === 'started').length}`)
