import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { layGround } from '../fixtures/ground.ts'
import { createOpenCodeHome, type HomeOptions, type OpenCodeHome, type Part } from '../fixtures/opencode.ts'
import { startTestPlatform, type TestPlatform } from '../fixtures/platform.ts'
import { type ScriptedModel, startScriptedModel } from '../fixtures/scripted-model.ts'

const root = resolve(import.meta.dirname, '../..')

/** A platform, a model, and the plugin as it is installed: the one file. */
export interface PluginGround {
  readonly platform: TestPlatform
  readonly model: ScriptedModel
  /** path of the plugin */
  readonly plugin: string
  /** A user who has the plugin; `options` are those of the plugin. */
  home(options?: object, more?: Partial<HomeOptions>): OpenCodeHome
  /** An empty folder for a project, which goes away after the tests. */
  folder(): string
  /** A repository with these files in a commit. */
  repository(files?: Readonly<Record<string, string>>): string
  /** Names and states of all sandboxes. */
  sandboxes(): Promise<readonly SandboxSeen[]>
}

export interface SandboxSeen {
  readonly id: string
  readonly name: string
  readonly state: string
  readonly labels: Readonly<Record<string, string>>
}

/** Lays the ground of a test file. */
export function layPluginGround(): Promise<PluginGround> {
  return layGround(async (ground) => {
    const place = mkdtempSync(join(tmpdir(), 'plugin-test-'))
    ground.defer(() => rmSync(place, { recursive: true, force: true }))
    const plugin = join(place, 'sandyard.mjs')
    execFileSync(process.execPath, [join(root, 'scripts/pack-opencode.mjs'), '--out', plugin])
    const platform = await startTestPlatform()
    ground.defer(() => platform.remove())
    const model = ground.use(await startScriptedModel())
    // Tests make them later, when the ground itself takes no more.
    const homes = ground.use(new AsyncDisposableStack())
    const folder = (): string => mkdtempSync(join(place, 'project-'))
    return {
      platform,
      model,
      plugin,
      folder,
      home(options = {}, more = {}) {
        const home = createOpenCodeHome({
          modelUrl: model.url,
          plugin: [[plugin, options]],
          ...more,
          environment: {
            SANDYARD_API_KEY: platform.apiKey,
            SANDYARD_API_URL: platform.apiUrl,
            ...more.environment,
          },
        })
        homes.use(home)
        return home
      },
      repository(files = { 'README.md': '# Project\n' }) {
        const made = folder()
        git(made, 'init', '--quiet', '--initial-branch=main')
        for (const [name, text] of Object.entries(files)) {
          mkdirSync(dirname(join(made, name)), { recursive: true })
          writeFileSync(join(made, name), text)
        }
        git(made, 'add', '.')
        git(made, 'commit', '--quiet', '-m', 'first')
        return made
      },
      async sandboxes() {
        const { body } = await platform.call('GET', '/sandbox')
        return (body as { items: SandboxSeen[] }).items
      },
    }
  })
}

/** Runs git in a folder, as somebody, and gives what it prints. */
export function git(folder: string, ...args: readonly string[]): string {
  const who = ['-c', 'user.name=Somebody', '-c', 'user.email=somebody@example.com']
  return execFileSync('git', [...who, ...args], { cwd: folder, encoding: 'utf8' }).trimEnd()
}

/** What tools answered, in order: output, or the error behind `error: `. */
export function toolAnswers(parts: readonly Part[]): readonly string[] {
  return parts
    .filter(({ type }) => type === 'tool')
    .map(({ state }) => (state?.status === 'error' ? `error: ${state.error}` : (state?.output ?? '')))
}

/** The plugin's records of a project in a home, as they are on disk. */
export function readRecords(home: OpenCodeHome, name: string): Record<string, { sandboxId: string | null }> {
  const text = readFileSync(join(home.data, 'opencode/storage/sandyard', `${name}.json`), 'utf8')
  return (JSON.parse(text) as { sessions: Record<string, { sandboxId: string | null }> }).sessions
}

/** Lines of a script for the model. */
export function script(...lines: readonly string[]): string {
  return lines.join('\n')
}

/** One call of bash, for a script. */
export function bash(command: string): string {
  return `bash ${JSON.stringify({ command })}`
}
