import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { startAgent, type TestAgent, until } from '../agent.fixture.ts'
import { good, type LspCalls, labels, lspCalls, names, serverPids, write } from './calls.fixture.ts'

/** The same small program in each language; the last line is to be completed, at `column`. */
const programs = {
  python: {
    file: 'sample.py',
    text: 'class Greeter:\n    def greet(self, name: str) -> str:\n        return "hi " + name\n\nit = Greeter()\nit.gr\n',
    line: 5,
    column: 5,
    classOf: (name: string) => `class ${name}:\n    pass\n`,
    other: 'other.py',
    use: 'from other import Shared\nShared.\n',
  },
  typescript: {
    file: 'sample.ts',
    text: 'export class Greeter {\n  greet(name: string): string {\n    return name\n  }\n}\nconst it = new Greeter()\nit.gr\n',
    line: 6,
    column: 5,
    classOf: (name: string) => `export class ${name} {}\n`,
    other: 'other.ts',
    use: "import { Shared } from './other.ts'\nShared.\n",
  },
  javascript: {
    file: 'sample.js',
    text: 'export class Greeter {\n  greet(name) {\n    return name\n  }\n}\nconst it = new Greeter()\nit.gr\n',
    line: 6,
    column: 5,
    classOf: (name: string) => `export class ${name} {}\n`,
    other: 'other.js',
    use: "import { Shared } from './other.js'\nShared.\n",
  },
}

for (const [language, program] of Object.entries(programs)) {
  describe(language, () => {
    let agent: TestAgent
    let lsp: LspCalls
    const file = `proj/${program.file}`

    before(async () => {
      agent = await startAgent()
      write(agent, { [file]: program.text })
      lsp = lspCalls(agent, language, 'proj')
    })
    after(() => agent[Symbol.asyncDispose]())

    test('before the start nothing is there', async () => {
      for (const reply of [
        await lsp.open(file),
        await lsp.close(file),
        await lsp.symbols(file),
        await lsp.complete(file, 0, 0),
        await lsp.find('Greeter'),
        await lsp.stop(),
      ]) {
        assert.equal(reply.status, 400, reply.text)
        assert.equal(reply.json.code, 'LSP_SERVER_NOT_INITIALIZED')
        assert.match(reply.json.message, /server not initialized/)
      }
      assert.deepEqual(serverPids(agent), [])
    })

    test('it starts once, and answers symbols of the project at once', async () => {
      for (const reply of await Promise.all([lsp.start(), lsp.start()])) assert.equal(reply.status, 200, reply.text)
      assert.equal((await lsp.start()).text, '')
      assert.equal(serverPids(agent).length, 1)
      assert.ok(names(await lsp.find('Greeter')).includes('Greeter'))
      assert.deepEqual(names(await lsp.find('NoSuchName')), [])
    })

    test('symbols of a file, with relative, absolute and encoded paths', async () => {
      const [uri] = write(agent, { [file]: program.text })
      good(await lsp.open(file))
      for (const path of [file, join(agent.home, file), `${agent.home}/proj/%73ample${program.file.slice(6)}`]) {
        const symbols = good(await lsp.symbols(path))
        const greeter = symbols.find(({ name }: { name: string }) => name === 'Greeter')
        assert.deepEqual(Object.keys(greeter), ['name', 'kind', 'location'])
        assert.equal(greeter.kind, 5)
        assert.equal(greeter.location.uri, uri)
        assert.equal(greeter.location.range.start.line, 0)
        const greet = symbols.find(({ name }: { name: string }) => name === 'greet')
        assert.equal(greet.location.range.start.line, 1, 'a member is in the flat list')
      }
    })

    test('completions', async () => {
      const reply = await lsp.complete(file, program.line, program.column)
      assert.ok(labels(reply).includes('greet'))
      const asked = { context: { triggerKind: 2, triggerCharacter: '.' } }
      assert.ok(labels(await lsp.complete(file, program.line, 3, asked)).includes('greet'))
      const context = { context: { triggerKind: 1, triggerCharacter: null } }
      const all = good(await lsp.complete(file, 0, 0, context))
      assert.ok(all.items.length > 20 && all.items.length <= 1000)
      assert.equal(typeof all.isIncomplete, 'boolean')
      for (const { documentation } of all.items) assert.notEqual(typeof documentation, 'string')
      good(await lsp.complete(file, 100_000, 100_000))
    })

    test('what changes on disk is seen, by file calls and by commands, in open files and in others', async () => {
      write(agent, { [`proj/${program.other}`]: program.classOf('First') })
      assert.deepEqual(names(await lsp.find('First')), ['First'], 'a new file')
      for (const name of ['Second', 'Third', 'Fourt']) {
        write(agent, { [file]: program.classOf(name) })
        assert.deepEqual(names(await lsp.symbols(file)), [name])
        assert.deepEqual(names(await lsp.find(name)), [name])
      }
      await agent.run(`sed -i s/Fourt/Fifth/ ${file}`)
      assert.deepEqual(names(await lsp.symbols(file)), ['Fifth'])
      good(await lsp.open(file))
      assert.deepEqual(names(await lsp.symbols(file)), ['Fifth'])
      write(agent, { [`proj/${program.other}`]: program.classOf('Sixth') })
      assert.deepEqual(names(await lsp.symbols(`proj/${program.other}`)), ['Sixth'])
      assert.deepEqual(names(await lsp.find('Sixth')), ['Sixth'])
    })

    test('another text with the size and the time of the one before is seen', async () => {
      const path = join(agent.home, file)
      const time = new Date('2020-01-01')
      for (const name of ['Alpha', 'Bravo', 'Gamma']) {
        write(agent, { [file]: program.classOf(name) })
        utimesSync(path, time, time)
        assert.deepEqual(names(await lsp.symbols(file)), [name])
      }
    })

    test('a change in one file is seen in another', async () => {
      const text =
        language === 'python' ? 'class Shared:\n    member = 1\n' : 'export class Shared { static member = 1 }\n'
      write(agent, { [`proj/${program.other}`]: text, [file]: program.use })
      assert.ok(labels(await lsp.complete(file, 1, 7)).includes('member'))
      write(agent, { [`proj/${program.other}`]: text.replace('member', 'renamed') })
      const after = labels(await lsp.complete(file, 1, 7))
      assert.ok(after.includes('renamed') && !after.includes('member'))
    })

    test('files that go, and come again under another name', async () => {
      write(agent, { [file]: program.classOf('Moving') })
      good(await lsp.open(file))
      renameSync(join(agent.home, file), join(agent.home, `proj/moved-${program.file}`))
      assert.equal((await lsp.symbols(file)).json.code, 'FILE_NOT_FOUND')
      assert.equal((await lsp.open(file)).status, 404)
      const found = good(await lsp.find('Moving'))
      assert.deepEqual(
        found.map(({ location }: { location: { uri: string } }) => location.uri.slice(-20)),
        [`/proj/moved-${program.file}`.slice(-20)],
      )
      assert.equal((await lsp.close(file)).status, 200)
    })

    test('names with spaces, letters of the world, percent signs and line ends', async () => {
      const end = program.file.slice(6)
      for (const [index, name] of [
        `a b${end}`,
        `ä😀${end}`,
        `100%25${end}`,
        `100%${end}`,
        `a#b?${end}`,
        `two\nlines${end}`,
      ].entries()) {
        const [uri] = write(agent, { [`proj/${name}`]: program.classOf(`Named${index}`) })
        good(await lsp.open(`proj/${name}`))
        const [symbol] = good(await lsp.symbols(`proj/${name}`))
        assert.deepEqual([symbol.name, symbol.location.uri], [`Named${index}`, uri])
        good(await lsp.close(`proj/${name}`))
      }
    })

    test('columns count units of UTF-16', async () => {
      const [open, member] =
        language === 'python' ? ['text = "😀😀"; "".', 'upper'] : ['const text = "😀😀"; "".', 'length']
      write(agent, { [file]: `${open}\n` })
      assert.ok(labels(await lsp.complete(file, 0, open.length)).includes(member))
    })

    test('a file outside the project', async () => {
      const [uri] = write(agent, { [`elsewhere/${program.file}`]: program.classOf('Outside') })
      const [symbol] = good(await lsp.symbols(`elsewhere/${program.file}`))
      assert.deepEqual([symbol.name, symbol.location.uri], ['Outside', uri])
    })

    test('nothing was written into the project, nor into the home', () => {
      assert.deepEqual(readdirSync(agent.home).sort(), ['elsewhere', 'proj'])
      assert.ok(readdirSync(join(agent.home, 'proj')).every((name) => name.endsWith(program.file.slice(6))))
    })

    test('it stops, and can start again', async () => {
      const pids = serverPids(agent)
      assert.equal(pids.length, 1)
      good(await lsp.stop())
      assert.ok(!existsSync(`/proc/${pids[0]}`))
      assert.equal((await lsp.find('Greeter')).json.code, 'LSP_SERVER_NOT_INITIALIZED')
      good(await lsp.start())
      assert.equal(serverPids(agent).length, 1)
    })
  })
}

test('typescript and javascript of a project have one server, which stops with the second', async () => {
  await using agent = await startAgent()
  write(agent, { 'proj/a.ts': 'export class Typed {}\n', 'proj/b.js': 'export class Plain {}\n' })
  const [typed, plain] = [lspCalls(agent, 'typescript', 'proj'), lspCalls(agent, 'javascript', `${agent.home}/proj/`)]
  good(await typed.start())
  assert.equal((await plain.find('Plain')).json.code, 'LSP_SERVER_NOT_INITIALIZED')
  good(await plain.start())
  assert.equal(serverPids(agent).length, 1)
  assert.deepEqual(names(await plain.find('Typed')), ['Typed'])
  good(await typed.stop())
  assert.equal((await typed.stop()).status, 400)
  assert.deepEqual(names(await plain.symbols('proj/b.js')), ['Plain'])
  good(await plain.stop())
  assert.equal(serverPids(agent).length, 0)
})

test('a project with a configuration is known as a whole, in all its folders', async () => {
  await using agent = await startAgent()
  write(agent, {
    'proj/tsconfig.json': '{"compilerOptions": {"strict": true}, "include": ["src"]}',
    'proj/src/a.ts': 'export class Alpha {}\n',
    ...Object.fromEntries(
      Array.from({ length: 150 }, (_, n) => [`proj/src/deep/f${n}.ts`, `export class Beta${n} {}\n`]),
    ),
    'proj/node_modules/pack/index.ts': 'export class Packed {}\n',
  })
  const lsp = lspCalls(agent, 'typescript', 'proj')
  good(await lsp.start())
  assert.deepEqual(names(await lsp.find('Alpha')), ['Alpha'])
  assert.deepEqual(names(await lsp.find('Beta149')), ['Beta149'])
  assert.deepEqual(names(await lsp.find('Packed')), [])
})

test('a project without a configuration as well, with files that come, change and go', async () => {
  await using agent = await startAgent()
  const file = (n: number): string => `proj/d${n % 10}/f${n}.${n % 2 === 0 ? 'ts' : 'js'}`
  const text = (n: number): string => `export class Beta${n} {}\n`
  write(agent, Object.fromEntries(Array.from({ length: 500 }, (_, n) => [file(n), text(n)])))
  const lsp = lspCalls(agent, 'javascript', 'proj')
  good(await lsp.start())
  for (const n of [497, 498, 499]) assert.deepEqual(names(await lsp.find(`Beta${n}`)), [`Beta${n}`])
  write(agent, { 'proj/new "one".js': text(600), 'proj/d1/new two.tsx': text(601) })
  assert.deepEqual(names(await lsp.find('Beta601')), ['Beta601'])
  write(agent, { [file(499)]: text(700), 'proj/d1/new two.tsx': text(701) })
  assert.deepEqual(names(await lsp.find('Beta700')), ['Beta700'])
  assert.deepEqual(names(await lsp.find('Beta701')), ['Beta701'])
  rmSync(join(agent.home, file(499)))
  assert.deepEqual(names(await lsp.find('Beta700')), [])
  assert.deepEqual(names(await lsp.find('Beta499')), [])
})

test('where there is no Python, its server works as well', async () => {
  await using agent = await startAgent({ PATH: '/nonexistent' })
  write(agent, { 'proj/a.py': 'import os\nclass Alone:\n    pass\nos.path.\n' })
  const lsp = lspCalls(agent, 'python', 'proj')
  good(await lsp.start())
  assert.deepEqual(names(await lsp.find('Alone')), ['Alone'])
  assert.ok(labels(await lsp.complete('proj/a.py', 3, 8)).includes('join'), 'the standard library is known')
})

test('no types are fetched, and no settings of the user reach our programs', async () => {
  await using agent = await startAgent()
  const bin = join(agent.home, 'bin')
  mkdirSync(bin)
  await agent.run(`printf '#!/bin/sh\\ntouch ~/npm-ran\\n' > bin/npm && chmod +x bin/npm`)
  write(agent, {
    'proj/package.json': '{"dependencies": {"lodash": "*", "react": "*"}}',
    'proj/a.js': "import lodash from 'lodash'\nexport class Plain {}\n",
    'require-me.cjs': `require('node:fs').writeFileSync(${JSON.stringify(join(agent.home, 'option-ran'))}, '')`,
  })
  const set = { PATH: `${bin}:/usr/bin:/bin`, NODE_OPTIONS: `--require=${agent.home}/require-me.cjs`, NODE_PATH: '/x' }
  good(await agent.call('POST', '/env', { set }))
  for (const language of ['javascript', 'python']) {
    const lsp = lspCalls(agent, language, 'proj')
    good(await lsp.start())
    await lsp.symbols('proj/a.js')
    await lsp.find('Plain')
  }
  assert.equal(await until(() => existsSync(join(agent.home, 'npm-ran')), 1500), false)
  assert.equal(existsSync(join(agent.home, 'option-ran')), false)
  assert.equal(existsSync(join(agent.home, '.cache')), false)
  rmSync(bin, { recursive: true })
})
