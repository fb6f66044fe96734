import type { Daytona } from '@sandyard/sdk'
import { showInBrowser } from '../../browser.ts'
import { buildLog } from '../../build-log.ts'
import { type Command, defineCommand } from '../../command.ts'
import { deleteCommand } from '../../delete-command.ts'
import { CommandError, exitCodes } from '../../exit-codes.ts'
import { pick } from '../../pick.ts'
import type { Screen, Shown } from '../../screen.ts'
import type { Surroundings } from '../../surroundings.ts'
import { age } from '../../texts.ts'
import { followPreview, type Preview, sayState } from './follow.ts'
import { projectCommands } from './projects.ts'
import { readServing, servingFlags } from './serving.ts'

/** Name of a preview, for people: the repository's and the branch's. */
function nameOf({ repository, branch }: Preview): string {
  const name = repository
    .replace(/\/+$/, '')
    .replace(/\.git$/, '')
    .split('/')
    .at(-1)
  return `${name}/${branch ?? '(default)'}`
}

const listed: Shown<Preview> = {
  columns: [
    { title: 'Name', text: nameOf },
    { title: 'Status', text: ({ status }) => status },
    { title: 'Framework', text: ({ framework }) => framework ?? '-' },
    { title: 'Commit', text: ({ commit }) => commit?.slice(0, 12) ?? '-' },
    { title: 'URL', text: ({ url }) => url ?? '-' },
    { title: 'Age', text: ({ createdAt }) => age(createdAt), isNumber: true },
    { title: 'ID', text: ({ id }) => id },
  ],
  name: ({ id }) => id,
}

const shown: Shown<Preview> = {
  columns: [
    { title: 'Name', text: nameOf },
    { title: 'ID', text: ({ id }) => id },
    { title: 'Status', text: ({ status, error }) => (error === null ? status : `${status}: ${error}`) },
    { title: 'URL', text: ({ url }) => url ?? '-' },
    { title: 'Repository', text: ({ repository }) => repository },
    { title: 'Commit', text: ({ commit }) => commit ?? '-' },
    { title: 'Pull request', text: ({ pullRequest }) => pullText(pullRequest) },
    {
      title: 'Framework',
      text: ({ framework, packageManager }) => [framework ?? '-', packageManager].join(' ').trim(),
    },
    { title: 'Sandbox', text: ({ sandboxId }) => sandboxId ?? '-' },
    { title: 'Steps', text: ({ steps }) => steps.map(({ name, state }) => `${name} ${state}`).join(', ') || '-' },
    { title: 'Notes', text: ({ notes }) => notes.join(' ') || '-' },
  ],
  name: ({ id }) => id,
}

function pullText(pull: Preview['pullRequest']): string {
  return pull === null ? '-' : [`#${pull.number}`, pull.title, pull.isFork ? '(fork)' : null].filter(Boolean).join(' ')
}

/** By id, by name such as `app/main`, or by a branch that only one has. */
async function find(platform: Daytona, asked: string): Promise<Preview> {
  const all = await platform.client.call('listPreviews')
  const ofBranch = all.filter(({ branch }) => branch === asked)
  const [only] = ofBranch
  if (only !== undefined && ofBranch.length === 1) return only
  return pick(all, asked, { noun: 'preview', nameOf, hint: 'sandyard preview list shows what there is' })
}

/** Waits for the end of what is being built, and tells what came of it. Ctrl-C leaves it going on. */
async function watch(
  platform: Daytona,
  preview: Preview,
  { screen, signal, env, opens }: Pick<Surroundings, 'screen' | 'signal' | 'env'> & { readonly opens: boolean },
): Promise<number | undefined> {
  const progress = screen.progress(sayState(preview))
  let built: Preview
  try {
    built = await followPreview(platform, preview.id, { screen, progress, signal })
  } catch (error) {
    progress.end()
    if (!signal.aborted) throw error
    screen.note(`It goes on; to come back: sandyard preview logs ${preview.id} --follow`)
    throw new CommandError('interrupted', exitCodes.interrupted)
  }
  progress.end()
  if (built.status !== 'ready' || built.url === null) {
    throw new CommandError(
      `the preview ${built.status === 'failed' ? 'has failed' : `is ${built.status}`}${built.error === null ? '' : `: ${built.error}`}`,
      exitCodes.failed,
      `sandyard preview info ${built.id} shows its steps`,
    )
  }
  for (const note of built.notes) screen.note(note)
  screen.tell(built.url, built, built.url)
  if (opens) await open(platform, built, env)
  return undefined
}

/** Opens it in the browser; `false` where there is none. A private one is opened with a URL that is good for an hour. */
async function open(
  platform: Daytona,
  preview: Preview,
  env: Surroundings['env'],
): Promise<{ url: string; isShown: boolean }> {
  const { sandboxId, port, url: plain, status, error } = preview
  if (sandboxId === null || port === null || plain === null) {
    throw new CommandError(`the preview is ${status} and has no URL yet${error === null ? '' : `: ${error}`}`)
  }
  const sandbox = await platform.get(sandboxId)
  const url = sandbox.public ? plain : (await sandbox.getSignedPreviewUrl(port, 3600)).url
  return { url, isShown: await showInBrowser(url, env) }
}

const create = defineCommand({
  path: ['preview'],
  summary: 'Serve a branch of a repository in a sandbox, and print its URL',
  more: 'Framework, package manager and port are found out, or said in a `sandyard.json` of the repository, or here; what is said here is kept for the repository. The log goes to standard error. The same branch again is built in place, at the same URL. Ctrl-C leaves the build going on. `sandyard preview list`, `info`, `logs`, `restart`, `open`, `delete` and `preview project` do the rest.',
  args: { repository: { count: 'one', doc: 'URL to clone from, https or http' } },
  flags: {
    branch: { type: 'text', short: 'b', value: 'NAME', doc: 'branch, default the repository’s own' },
    ...servingFlags,
    detach: { type: 'switch', short: 'd', doc: 'wait for nothing' },
    open: { type: 'switch', doc: 'open it in the browser' },
  },
  examples: [
    { does: 'a branch', line: 'sandyard preview https://github.com/owner/repo.git -b feature' },
    {
      does: 'of a private repository, with a token from a file',
      line: 'sandyard preview https://git.example.com/me/app.git --token-stdin < token.txt',
    },
    {
      does: 'a folder of it, with variables',
      line: 'sandyard preview https://git.example.com/me/mono.git --root apps/web --env-file .env',
    },
  ],
  cleansUp: true,
  async run(input) {
    const { args, flags, screen, signal, env } = input
    const serving = await readServing(input)
    const platform = await input.platform()
    const body = { repository: args.repository, branch: flags.branch, ...serving }
    const preview = await platform.client.call('createPreview', { body }, { signal })
    if (!flags.detach) return await watch(platform, preview, { screen, signal, env, opens: flags.open })
    screen.one(preview, { ...shown, columns: shown.columns.slice(0, 3) })
    return undefined
  },
})

const list = defineCommand({
  path: ['preview', 'list'],
  aliases: ['ls'],
  summary: 'List preview environments',
  args: { repository: { count: 'optional', doc: 'only those of a repository, by URL' } },
  flags: { branch: { type: 'text', short: 'b', value: 'NAME', doc: 'only those of this branch' } },
  examples: [{ does: 'what is there', line: 'sandyard preview list' }],
  async run({ args, flags, platform, screen }) {
    const query = { repository: args.repository, branch: flags.branch }
    const previews = await (await platform()).client.call('listPreviews', { query })
    screen.list(previews, listed, 'There are no previews; sandyard preview REPOSITORY makes one.')
    return undefined
  },
})

const previewArgument = { count: 'one', doc: 'id, name such as app/main, or branch' } as const

const info = defineCommand({
  path: ['preview', 'info'],
  aliases: ['get', 'view', 'inspect'],
  summary: 'Show a preview environment, and whether it is alive',
  args: { preview: previewArgument },
  flags: {},
  examples: [{ does: 'one of them', line: 'sandyard preview info app/main' }],
  async run({ args, platform: connect, screen }) {
    const platform = await connect()
    const preview = await find(platform, args.preview)
    const health = await platform.client.call('getPreviewHealth', { params: { previewId: preview.id } })
    const alive = {
      title: 'Alive',
      text: () => `${health.isAlive ? 'yes' : 'no'}, sandbox ${health.sandboxState ?? 'gone'}`,
    }
    screen.one(
      { ...preview, health },
      { ...shown, columns: [...shown.columns.slice(0, 3), alive, ...shown.columns.slice(3)] },
    )
    return undefined
  },
})

const logs = defineCommand({
  path: ['preview', 'logs'],
  aliases: ['log'],
  summary: 'Show what the steps of the last build have told',
  args: { preview: previewArgument },
  flags: { follow: { type: 'switch', short: 'f', doc: 'until the build ends' } },
  examples: [{ does: 'of a build under way', line: 'sandyard preview logs app/main -f' }],
  async run({ args, flags, platform: connect, screen, signal }) {
    const platform = await connect()
    const { id } = await find(platform, args.preview)
    const request = { params: { previewId: id }, query: { follow: flags.follow } }
    const stream = await platform.client.call('getPreviewLog', request, { signal })
    if (!screen.isTerminal) {
      for await (const bytes of stream) await screen.write(bytes)
      return undefined
    }
    // What builds of strangers say is not for a terminal to obey.
    let written: Promise<void> = Promise.resolve()
    const log = buildLog(screen, (line) => {
      written = written.then(() => screen.write(`${line}\n`))
    })
    const decoder = new TextDecoder()
    for await (const bytes of stream) {
      log.add(decoder.decode(bytes, { stream: true }))
      await written
    }
    log.end()
    await written
    return undefined
  },
})

const restart = defineCommand({
  path: ['preview', 'restart'],
  summary: 'Build a preview anew in a fresh sandbox; the old one serves until that is done',
  more: 'Its URL stays. Ctrl-C leaves the build going on.',
  args: { preview: previewArgument },
  flags: {
    detach: { type: 'switch', short: 'd', doc: 'wait for nothing' },
    open: { type: 'switch', doc: 'open it in the browser' },
  },
  examples: [{ does: 'and wait for it', line: 'sandyard preview restart app/main' }],
  cleansUp: true,
  async run({ args, flags, platform: connect, screen, signal, env }) {
    const platform = await connect()
    const { id } = await find(platform, args.preview)
    const preview = await platform.client.call('restartPreview', { params: { previewId: id } }, { signal })
    if (!flags.detach) return await watch(platform, preview, { screen, signal, env, opens: flags.open })
    screen.tell(`${nameOf(preview)} is being built anew`, preview, id)
    return undefined
  },
})

const openCommand = defineCommand({
  path: ['preview', 'open'],
  summary: 'Open a preview in the browser',
  more: 'A private one gets a URL that is good for an hour without signing in. Where there is no browser the URL is printed.',
  args: { preview: previewArgument },
  flags: {},
  examples: [{ does: 'one of them', line: 'sandyard preview open app/main' }],
  async run({ args, platform: connect, screen, env }) {
    const platform = await connect()
    const preview = await find(platform, args.preview)
    const { url, isShown } = await open(platform, preview, env)
    tellOpened(screen, preview, { url, isShown })
    return undefined
  },
})

function tellOpened(screen: Screen, preview: Preview, { url, isShown }: { url: string; isShown: boolean }): void {
  screen.tell(isShown ? `Opened ${nameOf(preview)}` : url, { id: preview.id, url }, url)
}

const remove = deleteCommand({
  group: ['preview'],
  noun: 'preview',
  nouns: 'previews',
  summary: 'Delete preview environments with their sandboxes',
  loses: 'with all that is in their sandboxes',
  find,
  findAll: (platform) => platform.client.call('listPreviews'),
  nameOf,
  remove: (platform, { id }) => platform.client.call('deletePreview', { params: { previewId: id } }),
})

/** Commands on previews of repositories, in the order in which help shows them. */
export const previewCommands: readonly Command[] = [
  create,
  list,
  info,
  logs,
  restart,
  openCommand,
  remove,
  ...projectCommands,
]
