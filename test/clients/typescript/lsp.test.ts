import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { LspLanguageId, Sandbox } from '@daytonaio/sdk'
import { startTestPlatform } from '../../fixtures/platform.ts'
import { clients, connect } from './clients.ts'

const platform = await startTestPlatform()
after(() => platform.remove())

/** A program in each language; its last line is to be completed. */
const programs = [
  [
    'python',
    'sample.py',
    'class Greeter:\n    def greet(self, name):\n        return name\n\n\nit = Greeter()\nit.gr\n',
    6,
  ],
  [
    'typescript',
    'sample.ts',
    'export class Greeter {\n  greet(name: string): string {\n    return name\n  }\n}\nconst it = new Greeter()\nit.gr\n',
    6,
  ],
  [
    'javascript',
    'sample.js',
    'export class Greeter {\n  greet(name) {\n    return name\n  }\n}\nconst it = new Greeter()\nit.gr\n',
    6,
  ],
] as const

for (const client of clients) {
  const { name, sdk } = client
  describe(name, () => {
    const daytona = connect(client, platform)
    let sandbox: Sandbox
    before(async () => {
      sandbox = await daytona.create()
    })
    after(async () => {
      await sandbox.delete()
      await daytona[Symbol.asyncDispose]()
    })

    for (const [language, file, text, line] of programs) {
      test(`${language}: a relative project and file, from start to stop`, async () => {
        const project = `e2e ${language}`
        const path = `${project}/${file}`
        await sandbox.fs.createFolder(project, '755')
        await sandbox.fs.uploadFile(Buffer.from(text), path)
        const server = await sandbox.createLspServer(language as LspLanguageId, project)
        await assert.rejects(server.didOpen(path), (error: Error) => {
          assert.ok(error instanceof sdk.DaytonaError && error.statusCode === 400, error.stack)
          return /server not initialized/.test(error.message)
        })
        await server.start()
        await server.didOpen(path)

        const symbols = await server.documentSymbols(path)
        const greeter = symbols.find((symbol) => symbol.name === 'Greeter')
        assert.equal(greeter?.kind, 5)
        const uri = `file:///home/daytona/e2e%20${language}/${file}`
        assert.equal(greeter.location.uri, uri)
        assert.ok(symbols.some((symbol) => symbol.name === 'greet'))
        const found = await server.sandboxSymbols('Greeter')
        assert.deepEqual(
          found.map((symbol) => [symbol.name, symbol.location.uri]),
          [['Greeter', uri]],
        )

        const { items } = await server.completions(path, { line, character: 5 })
        assert.ok(items.some((item) => item.label === 'greet'))
        assert.ok((await server.completions(path, { line: 0, character: 0 })).items.length > 0)

        await sandbox.process.executeCommand(`sed -i s/Greeter/Welcomer/ '${file}'`, project)
        assert.ok((await server.documentSymbols(path)).some((symbol) => symbol.name === 'Welcomer'))
        assert.equal((await server.workspaceSymbols('Welcomer')).length, 1)
        await sandbox.fs.uploadFile(Buffer.from(text.replaceAll('Greeter', 'Host')), path)
        assert.ok((await server.documentSymbols(path)).some((symbol) => symbol.name === 'Host'))

        await server.didClose(path)
        await server.stop()
        await assert.rejects(server.documentSymbols(path), sdk.DaytonaError)
        const left = await sandbox.process.executeCommand('ls -A', project)
        assert.equal(left.result, `${file}\n`)
      })
    }

    test('what is not there is said', async () => {
      const nowhere = await sandbox.createLspServer('python' as LspLanguageId, 'no/such/project')
      await assert.rejects(nowhere.start(), sdk.DaytonaNotFoundError)
      const server = await sandbox.createLspServer('python' as LspLanguageId, '.')
      await server.start()
      await assert.rejects(server.didOpen('no-such-file.py'), sdk.DaytonaNotFoundError)
      await server.stop()
    })
  })
}
