import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { layPluginGround, script, toolAnswers } from './ground.ts'

/** Every tool of the packed plugin in a real sandbox. */
const ground = await layPluginGround()

const inside = '/home/daytona/project'
const call = (tool: string, args: object): string => `CALL ${tool} ${JSON.stringify(args)}`

test('all tools work in the sandbox of the session, and none on the host', { timeout: 400_000 }, async () => {
  const folder = ground.repository({ 'README.md': '# Project\n', '.gitignore': 'left-out/\n' })
  const config = { tool_output: { max_lines: 300 } }
  await using server = await ground.home({}, { models: ['gpt-5-scripted'], config }).serve(folder)
  const session = await server.session()
  const parts = await server.prompt(
    session,
    script(
      call('write', { filePath: 'src/app.ts', content: 'const greeting = "hello"\nconsole.log(greeting)\n' }),
      // a path of the user's machine, as the model is told it
      call('write', { filePath: join(folder, 'src/other.ts'), content: 'export const answer = 42\n' }),
      call('edit', { filePath: 'src/app.ts', oldString: '"hello"', newString: '"hi $&"' }),
      call('read', { filePath: `${inside}/src/app.ts` }),
      call('bash', { command: 'mkdir left-out && echo greeting > left-out/x.ts && ls src && cat src/other.ts' }),
      call('glob', { pattern: '**/*.ts' }),
      call('grep', { pattern: 'greet\\w+|answer', include: '*.ts' }),
      call('read', { filePath: 'src' }),
      call('bash', { command: 'cat /etc/hostname; seq 1 30000' }),
      call('bash', { command: 'while true; do echo tick; sleep 1; done', background: true }),
      'SAY done',
    ),
  )
  const [written, other, edited, read, listed, globbed, grepped, names, long, background] = toolAnswers(parts)
  assert.equal(written, 'Wrote file successfully.')
  assert.equal(other, 'Wrote file successfully.')
  assert.equal(edited, 'Edit applied successfully.')
  assert.match(read ?? '', /\n1: const greeting = "hi \$&"\n2: console\.log\(greeting\)\n/)
  assert.equal(listed, 'app.ts\nother.ts\nexport const answer = 42\n')
  assert.deepEqual(globbed?.split('\n').sort(), [`${inside}/src/app.ts`, `${inside}/src/other.ts`])
  assert.match(grepped ?? '', /^Found 3 matches\n/)
  assert.match(grepped ?? '', /src\/other\.ts:\n {2}Line 1: export const answer = 42/)
  assert.match(names ?? '', /<entries>\napp\.ts\nother\.ts\n/)
  assert.match(background ?? '', /^Started in the background: process id \d+\./)
  // By the user's limit, and by us: what OpenCode cuts is saved on the host.
  const lines = long?.split('\n').length ?? 0
  assert.ok(lines > 290 && lines <= 300, `${lines} lines`)
  const saved = /Full output saved to: (\S+)/.exec(long ?? '')?.[1] ?? ''
  const pid = /process id (\d+)/.exec(background ?? '')?.[1]

  const later = await server.prompt(
    session,
    script(
      call('read', { filePath: saved, offset: 2, limit: 1 }),
      call('bash', { command: `kill -0 ${pid} && kill -- -${pid} && echo ended` }),
      call('bash', { command: 'sleep 60', timeout: 1000 }),
      'SAY done',
    ),
  )
  const [whole, ended, late] = toolAnswers(later)
  assert.match(whole ?? '', /\n2: 1\n/)
  assert.match(ended ?? '', /ended/)
  assert.match(late ?? '', /terminated command after exceeding timeout 1000 ms/)

  const patchText = `*** Begin Patch\n*** Update File: src/app.ts\n*** Move to: src/main.ts\n@@\n-console.log(greeting)\n+console.info(greeting)\n*** End Patch`
  const patched = await server.prompt(session, script(call('apply_patch', { patchText }), 'SAY done'), {
    model: 'gpt-5-scripted',
  })
  assert.equal(toolAnswers(patched)[0], 'Success. Updated the following files:\nM src/main.ts')
  assert.deepEqual(readdirSync(folder).sort(), ['.git', '.gitignore', 'README.md'])
  assert.equal(readFileSync(join(folder, 'README.md'), 'utf8'), '# Project\n')
})
