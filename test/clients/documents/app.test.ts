import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, describe, test } from 'node:test'
import * as vite from 'vite'
import type { Sandbox } from '../../../sdk/src/index.ts'
import { type Names, openDocument, type RunOptions, skip } from './block.ts'
import { layDocumentGround, run, seen } from './ground.ts'
import { type InngestFunction, inngestClient, nextServer, supabaseOf, type Tables } from './stand-ins.ts'

type Route = (request: Request, context: { params: Promise<{ projectId: string }> }) => Promise<Response>

describe("the blocks of the guide's application and of its configuration", { skip }, async () => {
  if (skip !== false) return
  const { git } = await layDocumentGround()
  const guide = openDocument('implementation-guide')
  const host = new URL(git).host
  const repoUrl = `${git}owner/with-token.git`
  const token = 'personal_access_token'
  const created: Sandbox[] = []
  let client: Names
  let repositories: Names
  const tables: Tables = {
    user_integrations: [{ user_id: 'u1', provider: 'github', access_token: token }],
    projects: [
      { id: 'p1', status: 'new', user_integrations: { access_token: token } },
      { id: 'p2', metadata: { sandboxId: 'gone', repoUrl }, user_integrations: { access_token: token } },
      { id: 'p3', metadata: { repoUrl }, user_integrations: { access_token: 'wrong' } },
    ],
  }
  const application = (options: RunOptions = {}): RunOptions => ({
    ...options,
    packages: {
      './client': inngestClient,
      'next/server': nextServer,
      '@/lib/supabase/server': supabaseOf(tables),
      '@/lib/daytona-client': client,
      '@/services/github-repository-service': repositories,
    },
  })
  const answer = async (made: Names, method: string, projectId: string): Promise<[number, Record<string, unknown>]> => {
    const route = made[method] as Route
    const response = await route(new Request('http://app'), { params: Promise.resolve({ projectId }) })
    return [response.status, (await response.json()) as Record<string, unknown>]
  }

  before(async () => {
    client = (await guide.run(43, { given: { process } })).made
    const create = client.createDaytonaSandbox as (config?: object) => Promise<Sandbox>
    client = {
      ...client,
      createDaytonaSandbox: async (config?: object) => {
        const sandbox = await create(config)
        created.push(sandbox)
        return sandbox
      },
    }
    const changes = {
      "'https://github.com/'": `'http://${host}/'`,
      'https://x-access-token': 'http://x-access-token',
      '@github.com/': `@${host}/`,
    }
    repositories = (await guide.run(44, { changes })).made
  })

  test('2: Vite takes the configuration, and builds a page with the library', async () => {
    const { made } = await guide.run(2, { packages: { vite: { defineConfig: vite.defineConfig } } })
    const config = made.exported as vite.UserConfig
    const folder = mkdtempSync(join(tmpdir(), 'sandyard-documents-'))
    after(() => rmSync(folder, { recursive: true }))
    const sdk = resolve(import.meta.dirname, '../../../sdk/src/index.ts')
    writeFileSync(
      join(folder, 'main.ts'),
      `import { Daytona } from ${JSON.stringify(sdk)}\ndocument.title = Daytona.name`,
    )
    writeFileSync(join(folder, 'index.html'), '<script type="module" src="/main.ts"></script>')
    const alias = (await vite.resolveConfig({ ...config, configFile: false, root: folder }, 'build')).resolve.alias
    assert.ok(alias.some(({ find, replacement }) => find === 'stream' && replacement === 'stream-browserify'))
    const build = { write: false, minify: false } as const
    const built = await vite.build({ ...config, configFile: false, root: folder, logLevel: 'silent', build })
    const { output } = built as unknown as { readonly output: readonly { readonly code?: string }[] }
    const code = output.map(({ code = '' }) => code).join('\n')
    assert.match(code, /class Daytona/)
    // None of the names that the configuration leads elsewhere is needed.
    assert.doesNotMatch(code, /-browserify/)
  })

  test('3: the function changes the settings of webpack', async () => {
    const module = { exports: {} as { webpack: (config: object, of: { isServer: boolean }) => object } }
    await guide.run(3, { given: { module } })
    const config = (isServer: boolean) =>
      module.exports.webpack({ resolve: { fallback: { net: false } } }, { isServer })
    const [ofServer, ofBrowser] = [{ net: false }, { net: false, crypto: false, stream: false, buffer: false }]
    assert.deepEqual(config(true), { resolve: { fallback: ofServer } })
    assert.deepEqual(config(false), { resolve: { fallback: ofBrowser } })
  })

  test('43: a client, and sandboxes with defaults', async () => {
    const create = client.createDaytonaSandbox as (config?: object) => Promise<Sandbox>
    const sandbox = await create({ workspaceClass: 'small', envVars: { A: 'b' } })
    assert.deepEqual([sandbox.cpu, sandbox.memory, sandbox.public], [1, 1, true])
    assert.equal(await run(sandbox, 'echo $A'), 'b')
    const hidden = await create({ public: false })
    assert.deepEqual([hidden.cpu, hidden.memory, hidden.public], [2, 4, false])
    for (const one of [sandbox, hidden]) await one.delete()
  })

  test('44 and 45: a repository becomes a preview in eight steps', async () => {
    const { made } = await guide.run(45, application())
    const workflow = made.cloneAndPreviewRepository as InngestFunction
    assert.deepEqual(
      [workflow.options.id, workflow.trigger.event],
      ['daytona-clone-and-preview-repository', 'github/clone-and-preview'],
    )
    const event = { projectId: 'p1', repoUrl, repoFullName: 'owner/with-token', userId: 'u1' }
    const { answer, steps } = await workflow.invoke(event)
    assert.deepEqual(steps, [
      'get-github-integration',
      'create-daytona-sandbox',
      'clone-repository',
      'detect-framework',
      'install-dependencies',
      'build-project',
      'start-preview-server',
      'update-project',
    ])
    const sandbox = created.at(-1)
    assert.ok(sandbox)
    const { previewUrl, ...rest } = answer
    assert.deepEqual(rest, { success: true, sandboxId: sandbox.id, framework: 'express' })
    assert.equal(await seen(String(previewUrl)), 'served by the project')
    assert.equal(await run(sandbox, 'cat workspace/project/built.txt'), 'built')
    const metadata = { sandboxId: sandbox.id, port: 3000, packageManager: 'npm', repoUrl }
    const { status, framework, sandbox_url: url, metadata: kept } = tables.projects?.[0] ?? {}
    assert.deepEqual([status, framework, url, kept], ['deployed', 'express', previewUrl, metadata])
    await assert.rejects(workflow.invoke({ ...event, userId: 'u2' }), /integration not found/)
  })

  test('44: what it makes of projects that are otherwise', async () => {
    interface Repositories {
      cloneToSandbox(url: string, token: string, sandbox: Sandbox): Promise<unknown>
      detectFramework(sandbox: Sandbox, path: string): Promise<object>
      installDependencies(sandbox: Sandbox, manager: 'npm', path: string): Promise<unknown>
    }
    const github = repositories.githubRepositoryService as Repositories
    const sandbox = created.at(-1)
    assert.ok(sandbox)
    await run(sandbox, 'mv workspace/project cloned')
    await assert.rejects(github.cloneToSandbox(repoUrl, 'wrong', sandbox), /redentials|uthent/)
    await run(
      sandbox,
      `mkdir vite && cd vite && touch yarn.lock && echo '{"devDependencies":{"vite":"1"}}' >package.json`,
    )
    const found = { framework: 'vite', packageManager: 'yarn', port: 5173 }
    assert.deepEqual(await github.detectFramework(sandbox, 'vite'), found)
    const none = { framework: 'node', packageManager: 'npm', port: 3000 }
    assert.deepEqual(await github.detectFramework(sandbox, 'nowhere'), none)
    await run(sandbox, `mkdir broken && echo '{"dependencies":' >broken/package.json`)
    await assert.rejects(github.installDependencies(sandbox, 'npm', 'broken'), /Install failed: [\s\S]*JSON/)
  })

  test('46: whether a project lives', async () => {
    const { made } = await guide.run(46, application())
    assert.deepEqual(await answer(made, 'GET', 'p1'), [200, { isAlive: true }])
    assert.deepEqual(await answer(made, 'GET', 'p2'), [200, { isAlive: false }])
    assert.deepEqual(await answer(made, 'GET', 'p3'), [200, { isAlive: false }])
  })

  test('47: a project in a new sandbox', async () => {
    const { made } = await guide.run(47, application())
    const [status, { sandboxUrl, sandboxId, success }] = await answer(made, 'POST', 'p2')
    assert.deepEqual([status, success, sandboxId], [200, true, created.at(-1)?.id])
    assert.equal(await seen(String(sandboxUrl)), 'served by the project')
    assert.deepEqual(tables.projects?.[1]?.metadata, { sandboxId, repoUrl, port: 3000 })
    assert.deepEqual(await answer(made, 'POST', 'nothing'), [404, { error: 'Project not found' }])
    assert.deepEqual(await answer(made, 'POST', 'p3'), [500, { error: 'Failed to restart sandbox' }])
  })

  test('every block of these was run', () => {
    const elsewhere = Array.from({ length: 42 }, (_, at) => at + 1).filter((number) => number !== 2 && number !== 3)
    assert.deepEqual([...new Set(guide.notRun().map((key) => Number.parseInt(key, 10)))], elsewhere)
  })
})
