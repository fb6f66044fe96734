import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startBox } from './box.fixture.ts'
import { createTools, requiredArguments } from './create-tools.ts'
import { limitsOf } from './cut-output.ts'

const context = { sessionID: 'ses_1', messageID: 'msg_1', agent: 'build', abort: new AbortController().signal }

test('there are the tools that work on files and commands, and the one for language servers where it is offered', async () => {
  const openBox = () => Promise.reject(new Error('no sandbox'))
  const tools = createTools(openBox)
  assert.deepEqual(Object.keys(tools), ['apply_patch', 'bash', 'edit', 'glob', 'grep', 'read', 'write'])
  const { lsp } = createTools(openBox, { withLsp: true })
  await assert.rejects(
    async () => lsp?.execute({ operation: 'hover' }, context),
    /not available for files of a sandbox/,
  )
  for (const [name, tool] of Object.entries(tools)) {
    const required = requiredArguments(name) ?? []
    for (const [argument, schema] of Object.entries(tool.args))
      assert.equal(!JSON.stringify(schema.type).includes('null'), required.includes(argument), `${name} ${argument}`)
  }
  assert.equal(requiredArguments('toString'), undefined)
})

test('without a sandbox every tool fails, and does nothing else', async () => {
  const tools = createTools(() => Promise.reject(new Error('no sandbox')))
  const args = {
    command: 'true',
    content: 'x',
    filePath: '/tmp/x',
    newString: 'b',
    oldString: 'a',
    patchText: '*** Begin Patch\n*** Delete File: x\n*** End Patch',
    pattern: 'x',
  }
  for (const tool of Object.values(tools))
    await assert.rejects(async () => tool.execute(args, context), { message: 'no sandbox' })
})

test('a smaller limit of the user is kept, so that OpenCode cuts nothing', async () => {
  await using box = await startBox({ limits: () => limitsOf({ tool_output: { max_lines: 40, max_bytes: 2000 } }) })
  await box.call('bash', { command: 'seq 1 500 > numbers' })
  for (const [tool, args] of [
    ['bash', { command: 'cat numbers' }],
    ['read', { filePath: 'numbers' }],
    ['grep', { pattern: '1', path: 'numbers' }],
  ] as const) {
    const { output } = await box.call(tool, args)
    assert.ok(output.split('\n').length <= 40 && Buffer.byteLength(output) <= 2000, output)
  }
})

test('what comes back in another form is an error, not an answer', async () => {
  await using box = await startBox()
  const { sandbox } = box
  const call = async () => ({ exitCode: 0, result: 'nothing of ours\n' })
  const tools = createTools(async () => ({
    sandbox: Object.assign(Object.create(sandbox), { toolbox: { call } }),
    projectFolder: box.folder,
  }))
  await assert.rejects(async () => tools.read?.execute({ filePath: 'x' }, context), /The sandbox gave no answer/)
})
