import { join } from 'node:path'
import { DaytonaError } from '@sandyard/sdk'
import type { OpenBox } from './box.ts'
import { createBoxes } from './boxes.ts'
import { openLog } from './log.ts'
import type { Hooks, OpenCodeConfig, PluginInput, Session } from './opencode.ts'
import { plainText } from './plain-text.ts'
import { createPortWatch, createPreviewTool } from './previews.ts'
import { createPulls } from './pulls.ts'
import { createRoots } from './roots.ts'
import { findPlaces, readSettings } from './settings.ts'
import { type Shell, startShell } from './shell.ts'
import { openState } from './state.ts'
import type { Synchronizer, SyncPlace } from './synchronizer.ts'
import { createTools, requiredArguments } from './tools/create-tools.ts'
import { limitsOf } from './tools/cut-output.ts'

/** What the plugin is made with. */
export interface Parts {
  readonly createSync: (place: SyncPlace) => Synchronizer
  /** variables of this process */
  readonly env: Readonly<Record<string, string | undefined>>
}

/** ms that the end of OpenCode waits for what is not done yet */
const disposeMs = 6 * 60_000

/** Folders that this process has a plugin for, and how many: OpenCode may begin one anew before the last has ended. */
const living = new Map<string, number>()

/**
 * The plugin of one folder. OpenCode goes on without a plugin that throws here, on the user's machine: what is wrong
 * is told by every tool instead.
 */
export async function startPlugin(input: PluginInput, given: unknown, parts: Parts): Promise<Hooks> {
  const { client, directory, project } = input
  const worktree = input.worktree || directory
  const places = findPlaces(parts.env)
  const log = openLog(join(places.data, 'log/sandyard.log'))
  const settings = await readSettings(given, [worktree, directory], parts.env)
  const folder = join(places.data, 'storage/sandyard')
  const state = openState(folder, { id: project.id, directory })
  const pending = new Set<Promise<unknown>>()
  const ending = new AbortController()

  const track = (work: Promise<unknown>): void => {
    const safe = work.catch((error: unknown) => log.write('ERROR', String(error))).finally(() => pending.delete(safe))
    pending.add(safe)
  }
  const toast: Parameters<typeof createBoxes>[0]['toast'] = (variant, message) => {
    // A call to OpenCode while it ends would begin the folder anew, and this plugin with it.
    if (ending.signal.aborted) return
    // A toast is drawn by whoever looks; nobody may.
    Promise.resolve(
      client.tui.showToast({ body: { title: 'Sandbox', message: plainText(message.slice(0, 500)), variant } }),
    ).catch(() => {})
  }
  log.write('INFO', `process ${process.pid} begins in ${directory}`)
  for (const warning of settings.warnings) log.write('WARN', warning)
  for (const error of settings.errors) log.write('ERROR', error)

  const sync =
    settings.options.sync === false
      ? null
      : parts.createSync({
          directory,
          worktree,
          log: (level, text) => log.write(level, text),
          tell: (text) => toast('warning', text),
        })
  const roots = createRoots(client)
  const projectId = project.id
  const boxes = createBoxes({ settings, state, sync, directory, worktree, projectId, log, toast })
  const pulls = createPulls({ boxes, state, sync, client, directory, log, toast })
  const ports = createPortWatch()

  const openBox: OpenBox = async ({ sessionID, abort }) => {
    try {
      const root = await roots.find(sessionID)
      const box = await untilAborted(boxes.open(root), abort)
      await pulls.expect(root)
      await ports.begin(box.sandbox).catch(() => {})
      return box
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error)
      // Which platform refused is the first thing to look at: the address may come from four places.
      const reason = error instanceof DaytonaError ? `${said} (at ${settings.access?.apiUrl})` : said
      log.write('ERROR', `session ${sessionID}: ${reason}`)
      throw new Error(`The sandbox of this session cannot be used, and nothing is run elsewhere: ${reason}`)
    }
  }

  const shellPlace = { folder, temporary: places.temporary, directory, openBox }
  const shell = await startShell(shellPlace).catch((error: unknown): Shell | null => {
    log.write('ERROR', `commands with ! are refused: ${String(error)}`)
    return null
  })

  // It is told when there is somebody to look.
  const told = setTimeout(() => {
    for (const text of settings.warnings) toast('warning', text)
    for (const text of settings.errors) toast('error', text)
  }, 1000)
  told.unref()
  const others = living.get(directory) ?? 0
  living.set(directory, others + 1)
  // What another of this process is at is not left undone.
  if (settings.errors.length === 0 && others === 0) track(pulls.catchUp(ending.signal))

  /** Where the project is in the sandbox, as far as that is known before there is one. */
  const folderOf = async (session: string | undefined): Promise<string | undefined> => {
    try {
      const record = session === undefined ? null : await state.get(await roots.find(session))
      return record?.root ?? settings.options.projectFolder
    } catch {
      return settings.options.projectFolder
    }
  }

  let limits = limitsOf({})
  return {
    tool: {
      ...createTools(openBox, {
        limits: () => limits,
        withLsp: offersLsp(parts.env),
        host: { directory, worktree },
      }),
      getPreviewURL: createPreviewTool(openBox),
    },
    'tool.definition': async ({ toolID }, output) => {
      const required = requiredArguments(toolID)
      // Those of built-in tools have none: of a plugin's, all arguments are said to be required.
      if (required !== undefined && output.jsonSchema?.properties !== undefined)
        output.jsonSchema = { ...output.jsonSchema, required }
    },
    config: async (config) => {
      limits = limitsOf(config)
      closeHost(config, shell)
    },
    'shell.env': async ({ sessionID }, output) => {
      Object.assign(output.env, shell?.variables(sessionID) ?? {})
    },
    'tool.execute.after': async ({ tool, sessionID }, output) => {
      if (tool !== 'bash') return
      try {
        const root = await roots.find(sessionID)
        const box = boxes.opened(root)
        if (box === undefined) return
        const news = await ports.news(box.sandbox)
        if (news.length === 0) return
        output.output = `${output.output.trimEnd()}\n\n${news.join('\n')}`
        for (const line of news) toast('info', line)
      } catch (error) {
        log.write('WARN', `ports of session ${sessionID} were not looked at: ${String(error)}`)
      }
    },
    'experimental.chat.system.transform': async ({ sessionID }, output) => {
      const text = systemText(await folderOf(sessionID))
      if (output.system.length === 0) output.system.push(text)
      else output.system[0] = `${output.system[0]}\n\n${text}`
    },
    event: async ({ event }) => {
      const { sessionID, info } = event.properties as { sessionID?: string; info?: Session }
      if (event.type === 'session.idle' && sessionID !== undefined && boxes.opened(sessionID) !== undefined) {
        track(pulls.pull(sessionID))
      }
      if (event.type === 'session.deleted' && info !== undefined && !info.parentID) {
        track(
          boxes.remove(info.id).catch((error: unknown) => {
            toast('error', `The sandbox of a deleted session is not deleted yet: ${String(error)}`)
            throw error
          }),
        )
      }
    },
    dispose: async () => {
      clearTimeout(told)
      ending.abort()
      const work = (async () => {
        await Promise.all(pending)
        await pulls.pullAll()
      })()
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, disposeMs)
      })
      await Promise.race([work.catch((error: unknown) => log.write('ERROR', String(error))), late])
      clearTimeout(timer)
      await stopShell(shell)
      living.set(directory, (living.get(directory) ?? 1) - 1)
      log.write('INFO', `process ${process.pid} ends in ${directory}`)
      await log.flush()
    },
  }
}

/** Whether OpenCode has its tool for language servers on, which would look at the user's files. */
function offersLsp(env: Parts['env']): boolean {
  return [env.OPENCODE_EXPERIMENTAL_LSP_TOOL, env.OPENCODE_EXPERIMENTAL].some(
    (value) => value === '1' || value?.toLowerCase() === 'true',
  )
}

/** Closes ways to the user's machine, where the user has not said what they want. */
function closeHost(config: OpenCodeConfig, shell: Shell | null): void {
  // Without a program of ours there must be none at all.
  config.shell = shell?.program ?? '/nonexistent/sandbox-shell'
  // Steps would save and bring back the user's own files, which the agent does not touch.
  config.snapshot ??= false
  if (typeof config.permission === 'string') return
  config.permission = { webfetch: 'deny', ...config.permission }
}

async function stopShell(shell: Shell | null): Promise<void> {
  try {
    await shell?.[Symbol.asyncDispose]()
  } catch {
    // The next start removes what is left.
  }
}

function systemText(projectFolder: string | undefined): string {
  const place = projectFolder ?? 'the folder `project` in the home of its user'
  return [
    `Your tools work in a sandbox, a Linux machine of this session alone. The project is in ${place} there, where commands start and relative paths begin. The working directory named above is on the user's machine, which you cannot reach: use relative paths.`,
    'Fetch pages with curl. Start servers in the background, with their output in a file, and check that they listen; then call getPreviewURL with the port and give the user that URL: localhost is not theirs.',
  ].join('\n')
}

function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  // The work goes on for the other callers.
  work.catch(() => {})
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(new Error('the call was stopped'))
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}
