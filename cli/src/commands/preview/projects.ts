import type { AnswerOf, ApiOperations, Daytona } from '@sandyard/sdk'
import { type Command, type CommandInput, defineCommand } from '../../command.ts'
import { deleteCommand } from '../../delete-command.ts'
import { usageError } from '../../exit-codes.ts'
import { pick } from '../../pick.ts'
import type { Screen, Shown } from '../../screen.ts'
import { age } from '../../texts.ts'
import { readServing, servingFlags } from './serving.ts'

type Project = AnswerOf<ApiOperations['getPreviewProject']>

const listed: Shown<Project> = {
  columns: [
    { title: 'Name', text: ({ name }) => name },
    { title: 'Repository', text: ({ repository }) => repository },
    { title: 'Host', text: ({ host }) => host },
    { title: 'Webhook', text: ({ lastWebhookAt }) => (lastWebhookAt === null ? 'never' : `${age(lastWebhookAt)} ago`) },
    { title: 'Age', text: ({ createdAt }) => age(createdAt), isNumber: true },
    { title: 'ID', text: ({ id }) => id },
  ],
  name: ({ id }) => id,
}

const shown: Shown<Project> = {
  columns: [
    { title: 'Name', text: ({ name }) => name },
    { title: 'ID', text: ({ id }) => id },
    { title: 'Repository', text: ({ repository }) => repository },
    { title: 'Host', text: ({ host, apiUrl }) => [host, apiUrl].filter(Boolean).join(', API ') },
    { title: 'Token', text: ({ hasToken }) => (hasToken ? 'kept' : 'none') },
    { title: 'Told there', text: ({ reporting, reportError }) => [reporting, reportError].filter(Boolean).join(': ') },
    { title: 'Forks', text: ({ forks }) => (forks ? 'get previews' : 'get none') },
    { title: 'Webhook URL', text: ({ webhookUrl }) => webhookUrl },
    {
      title: 'Last webhook',
      text: ({ lastWebhookAt }) => (lastWebhookAt === null ? 'never' : `${age(lastWebhookAt)} ago`),
    },
    { title: 'Settings', text: ({ settings }) => Object.keys(settings).join(', ') || 'none' },
  ],
  name: ({ id }) => id,
}

async function find(platform: Daytona, asked: string): Promise<Project> {
  const hint = 'sandyard preview project list shows what there is'
  const projects = await platform.client.call('listPreviewProjects')
  const named = projects.find(({ repository }) => repository === asked)
  return named ?? pick(projects, asked, { noun: 'project', nameOf: ({ name }) => name, hint })
}

const projectFlags = {
  ...servingFlags,
  name: { type: 'text', value: 'NAME', doc: 'its name here, default the repository’s' },
  host: {
    type: 'text',
    value: 'KIND',
    choices: ['github', 'gitlab', 'gitea', 'other'],
    doc: 'git host: github, gitlab, gitea or other; default found from the URL',
  },
  'host-api': { type: 'text', value: 'URL', doc: 'base of the git host’s API, where it cannot be found' },
  reporting: {
    type: 'text',
    value: 'WAY',
    choices: ['comment', 'status', 'both', 'none'],
    doc: 'what pull requests are told: comment, status, both or none',
  },
  forks: { type: 'switch', doc: 'pull requests of forks get previews, too: of strangers’ code' },
  'no-forks': { type: 'switch', doc: 'they get none' },
} as const

type ProjectInput = Pick<CommandInput<Record<never, never>, typeof projectFlags>, 'flags' | 'env' | 'folder'>

async function readProject(input: ProjectInput) {
  const { flags } = input
  if (flags.forks && flags['no-forks']) throw usageError('--forks and --no-forks do not go together')
  const settings = {
    name: flags.name,
    host: flags.host as Project['host'] | undefined,
    apiUrl: flags['host-api'],
    reporting: flags.reporting as Project['reporting'] | undefined,
    forks: flags.forks ? true : flags['no-forks'] ? false : undefined,
  }
  return { ...settings, ...(await readServing(input)) }
}

const add = defineCommand({
  path: ['preview', 'project', 'add'],
  aliases: ['create'],
  summary: 'Make previews of the pull requests of a repository',
  more: 'Prints the URL and the secret for the webhook of the git host; the secret is shown this once. A token lets the platform read a private repository and write to pull requests.',
  args: { repository: { count: 'one', doc: 'URL to clone from, https or http' } },
  flags: projectFlags,
  examples: [
    {
      does: 'with a token that is asked for',
      line: 'sandyard preview project add https://github.com/owner/repo.git --token-stdin',
    },
    {
      does: 'at a host of your own',
      line: 'sandyard preview project add https://git.example.com/me/app.git --host gitea --token-env GIT_TOKEN',
    },
  ],
  async run(input) {
    const { args, screen } = input
    const body = { repository: args.repository, ...(await readProject(input)) }
    const project = await (await input.platform()).client.call('createPreviewProject', { body })
    const secret = { title: 'Webhook secret', text: () => project.webhookSecret }
    screen.one(project, { ...shown, columns: [...shown.columns, secret] })
    explainWebhook(screen, project)
    return undefined
  },
})

/** How the webhook is set up, in the words of the git host's pages. */
function explainWebhook(screen: Screen, { host, webhookUrl }: Project): void {
  const steps: Readonly<Record<Project['host'], string>> = {
    github: `In the repository: Settings, Webhooks, Add webhook. Payload URL ${webhookUrl}, content type application/json, the secret, and these events: Pull requests, Pushes, Branch or tag deletion.`,
    gitlab: `In the project: Settings, Webhooks, Add new webhook. URL ${webhookUrl}, the secret as secret token, and these triggers: Push events, Merge request events.`,
    gitea: `In the repository: Settings, Webhooks, Add Webhook, Gitea. Target URL ${webhookUrl}, POST, application/json, the secret, and these events: Push, Delete, Pull Request, Pull Request Synchronized.`,
    other: 'No webhooks are known of this git host; where it is GitHub, GitLab or Gitea say so: --host KIND.',
  }
  screen.note(steps[host])
}

const list = defineCommand({
  path: ['preview', 'project', 'list'],
  aliases: ['ls'],
  summary: 'List the repositories that previews are made of',
  args: {},
  flags: {},
  examples: [{ does: 'what is there', line: 'sandyard preview project list' }],
  async run({ platform, screen }) {
    const projects = await (await platform()).client.call('listPreviewProjects')
    screen.list(projects, listed, 'There are no projects; sandyard preview project add makes one of a repository.')
    return undefined
  },
})

const projectArgument = { count: 'one', doc: 'id, name or URL of the repository' } as const

const info = defineCommand({
  path: ['preview', 'project', 'info'],
  aliases: ['get', 'view', 'inspect'],
  summary: 'Show how previews of a repository are made, and where its webhook goes',
  args: { project: projectArgument },
  flags: {},
  examples: [{ does: 'one of them', line: 'sandyard preview project info app' }],
  async run({ args, platform, screen }) {
    screen.one(await find(await platform(), args.project), shown)
    return undefined
  },
})

const update = defineCommand({
  path: ['preview', 'project', 'update'],
  summary: 'Change how previews of a repository are made, from the next build on',
  args: { project: projectArgument },
  flags: { ...projectFlags, 'no-token': { type: 'switch', doc: 'forget the token' } },
  examples: [
    { does: 'more memory', line: 'sandyard preview project update app --memory 4' },
    { does: 'another token', line: 'sandyard preview project update app --token-env GIT_TOKEN' },
  ],
  async run(input) {
    const { args, flags, screen } = input
    const said = await readProject(input)
    if (flags['no-token'] && said.token !== undefined) throw usageError('--no-token goes with no other token')
    const body = flags['no-token'] ? { ...said, token: null } : said
    if (Object.values(body).every((value) => value === undefined))
      throw usageError('say what to change', 'sandyard preview project update --help lists it')
    const platform = await input.platform()
    const { id } = await find(platform, args.project)
    screen.one(await platform.client.call('updatePreviewProject', { params: { projectId: id }, body }), shown)
    return undefined
  },
})

const secret = defineCommand({
  path: ['preview', 'project', 'secret'],
  summary: 'Make a new secret for the webhook of a repository; the old one ends',
  args: { project: projectArgument },
  flags: {},
  examples: [{ does: 'and show it, this once', line: 'sandyard preview project secret app' }],
  async run({ args, platform: connect, screen }) {
    const platform = await connect()
    const project = await find(platform, args.project)
    const params = { projectId: project.id }
    const { webhookSecret } = await platform.client.call('rotatePreviewWebhookSecret', { params })
    screen.tell(webhookSecret, { id: project.id, webhookUrl: project.webhookUrl, webhookSecret }, webhookSecret)
    explainWebhook(screen, project)
    return undefined
  },
})

const remove = deleteCommand({
  group: ['preview', 'project'],
  noun: 'project',
  nouns: 'projects',
  summary: 'Delete projects with their previews and caches; the repositories stay as they are',
  loses: 'with all their previews',
  find,
  findAll: (platform) => platform.client.call('listPreviewProjects'),
  nameOf: ({ name }) => name,
  remove: (platform, { id }) => platform.client.call('deletePreviewProject', { params: { projectId: id } }),
})

/** Commands on repositories that previews are made of, in the order in which help shows them. */
export const projectCommands: readonly Command[] = [add, list, info, update, secret, remove]
