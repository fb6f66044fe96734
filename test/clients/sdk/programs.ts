/**
 * What a program of any runtime does with the package; it answers what it has seen. `visit` gets a page where `fetch`
 * does not know names below localhost.
 */
export const scenario = `
export async function scenario({ Daytona, DaytonaNotFoundError, Image }, { name, isMade, visit, ...config }) {
  const daytona = new Daytona(config)
  const seen = []
  const wanted = { name, language: 'javascript', envVars: { COLOR: 'blue' }, public: true }
  const sandbox = isMade ? await daytona.get(name) : await daytona.create(wanted)
  try {
    seen.push(sandbox.state, (await sandbox.process.executeCommand('echo $COLOR')).result)
    seen.push((await sandbox.process.codeRun('console.log(6 * 7)')).result)
    await sandbox.fs.uploadFile(new TextEncoder().encode('grüße TODO'), 'work/a.txt')
    await sandbox.fs.uploadFiles([{ content: 'b', path: 'work/b.txt' }])
    await sandbox.fs.uploadFileStream(new Blob(['streamed']).stream(), 'work/c.txt')
    seen.push((await sandbox.fs.readFile('work/a.txt')).toString('utf-8'))
    seen.push([...(await sandbox.fs.searchFiles('work', 'TODO'))].map(({ line }) => line).join())
    seen.push((await sandbox.fs.downloadFiles(['work/b.txt', 'work/c.txt'])).map(({ content }) => content.toString()).join())
    seen.push(await (await fetch(await sandbox.downloadUrl('work/b.txt'))).text())
    try {
      await sandbox.fs.readFile('none')
    } catch (error) {
      seen.push(error instanceof DaytonaNotFoundError, error.code)
    }
    const server = "require('node:http').createServer((_, answer) => answer.writeHead(200, { 'access-control-allow-origin': '*' }).end('a page')).listen(3000)"
    await sandbox.fs.uploadFile(new TextEncoder().encode(server), 'server.js')
    await sandbox.process.createSession('server')
    const served = await sandbox.process.executeSessionCommand('server', { command: 'node server.js', runAsync: true })
    const { url } = await daytona.previewLink({ id: sandbox.id, port: 3000, checkServer: true })
    seen.push(await (visit ?? (async (url) => await (await fetch(url)).text()))(url))
    await sandbox.process.killSessionCommand('server', served.cmdId)
    seen.push((await sandbox.process.getSessionCommandStatus('server', served.cmdId)).isRunning)
    if (globalThis.WebSocket !== undefined) {
      await sandbox.process.createSession('s')
      const { cmdId } = await sandbox.process.executeSessionCommand('s', { command: 'echo out; sleep 0.2; echo err >&2', runAsync: true })
      let log = ''
      await sandbox.process.getSessionCommandLogs('s', cmdId, (text) => { log += text }, (text) => { log += text })
      seen.push(log)
      let printed = ''
      const pty = await sandbox.process.createPty({ onData: (data) => { printed += new TextDecoder().decode(data) } })
      await pty.sendInput('echo $((40+2)); exit 3\\n')
      seen.push((await pty.wait()).exitCode, printed.includes('42'))
      seen.push((await sandbox.codeInterpreter.runCode('print(1 + 1)')).stdout)
    }
    seen.push(Image.base('debian').runCommands('true').dockerfile)
  } finally {
    await sandbox.delete()
  }
  return seen
}
`
/**
 * What a program does that has files of its own, in the folder it is given; with `isBuilder` also an image with some.
 * Its last upload has no end of its own: a program that does not end has not let go of it.
 */
export const localScenario = `
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
export async function localScenario({ Daytona, Image }, { folder, isBuilder, ...config }) {
  const daytona = new Daytona(config)
  const seen = []
  const path = (name) => folder + '/' + name
  const bytes = new Uint8Array(3000000).fill(7)
  writeFileSync(path('local'), bytes)
  writeFileSync(path('Dockerfile'), 'FROM sandyard/default\\nCOPY local /srv/local\\n')
  const image = Image.fromDockerfile(path('Dockerfile'))
  const sandbox = await daytona.create(isBuilder ? { image } : {}, { timeout: 100 })
  try {
    if (isBuilder) seen.push((await sandbox.process.executeCommand('wc -c </srv/local')).result)
    await sandbox.fs.uploadFile(path('local'), 'up')
    await sandbox.fs.downloadFile('up', path('back'))
    seen.push(Buffer.compare(readFileSync(path('back')), bytes))
    await sandbox.fs.downloadFile('none', path('none')).catch((error) => seen.push(error.code, existsSync(path('none'))))
    const stop = new AbortController()
    let isLetGo = false
    const endless = new ReadableStream({
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, 10))
        controller.enqueue(new Uint8Array(1000))
      },
      cancel() { isLetGo = true },
    })
    setTimeout(() => stop.abort(new Error('enough')), 100)
    await sandbox.fs.uploadFileStream(endless, 'endless', { signal: stop.signal }).catch((error) => seen.push(error.message))
    seen.push(isLetGo)
  } finally {
    await sandbox.delete()
  }
  return seen
}
`

/** The program of all runtimes but browsers, which is given the address and the key. */
export const main = `import * as sdk from '@sandyard/sdk'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { mkdtempSync } from 'node:fs'
import { localScenario } from './local.js'
import { scenario } from './scenario.js'
const [apiUrl, apiKey] = process.argv.slice(2)
const lookup = (_, { all }, found) => (all ? found(null, [{ address: '127.0.0.1', family: 4 }]) : found(null, '127.0.0.1', 4))
const visit = (url) => new Promise((resolve, reject) =>
  request(url, { lookup }, (answer) => text(answer).then(resolve, reject)).once('error', reject).end())
const isBuilder = process.versions.bun !== undefined || process.versions.deno !== undefined
const folder = mkdtempSync('own-')
const [seen, local] = await Promise.all([
  scenario(sdk, { apiUrl, apiKey, visit }),
  localScenario(sdk, { apiUrl, apiKey, folder, isBuilder }),
])
process.stdout.write(JSON.stringify({ seen, local, versions: process.versions }))
`

const files = ['grüße TODO', '1', 'b,streamed', 'b', true, 'FILE_NOT_FOUND']
const ofSockets = ['out\nerr\n', 3, true, '2\n']

/** What the scenario answers, in a runtime with WebSockets of its own or without. */
export function answersOf({ hasSockets }: { readonly hasSockets: boolean }): unknown[] {
  const before = ['started', 'blue\n', '42\n', ...files, 'a page', false]
  return [...before, ...(hasSockets ? ofSockets : []), 'FROM debian\nRUN true\n']
}

/** What the one with local files answers. */
export function localAnswersOf({ isBuilder }: { readonly isBuilder: boolean }): unknown[] {
  return [...(isBuilder ? ['3000000\n'] : []), 0, 'FILE_NOT_FOUND', false, 'enough', true]
}
