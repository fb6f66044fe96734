/*
 * Preview of a dev server: it runs in a session, and its port has a URL.
 *
 *   node examples/dev-server.ts
 *
 * A session outlives the call that started a command in it. The preview dials from inside the sandbox, so a server that
 * listens on localhost only is enough. This sandbox is `public`: everybody with the URL may visit it. Without that, send
 * the token of the link in `x-daytona-preview-token`, or use `getSignedPreviewUrl`.
 */
import { Daytona } from '@sandyard/sdk'
import { visit } from './visit.ts'

const server = `
let visits = 0
require('node:http')
  .createServer((request, response) => response.end('visit ' + ++visits))
  .listen(5173, '127.0.0.1', () => console.log('ready'))
`

const daytona = new Daytona()
await using sandbox = await daytona.create({ public: true })
await sandbox.fs.uploadFile(new TextEncoder().encode(server), 'app/server.js')
await using session = await sandbox.process.openSession('dev-server')
const { cmdId } = await sandbox.process.executeSessionCommand(session.sessionId, {
  command: 'node server.js',
  cwd: 'app',
  runAsync: true,
})
const { url } = await daytona.previewLink({ id: sandbox.id, port: 5173, checkServer: true })
console.log('preview', url)
console.log(await visit(url))
console.log(await visit(url))
const { stdout } = await sandbox.process.getSessionCommandLogs(session.sessionId, cmdId)
console.log('log:', stdout.trim())
