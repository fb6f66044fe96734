import type { CreateSandboxParams, Daytona, Sandbox } from '@sandyard/sdk'
import { buildLog } from '../../build-log.ts'
import { type CommandInput, defineCommand } from '../../command.ts'
import { readEnvFiles } from '../../env-file.ts'
import { usageError } from '../../exit-codes.ts'
import { buildFlags, dockerfileImage } from '../../images.ts'
import { untilInterrupted } from '../../interrupt.ts'
import { networkFlags, networkSettings } from '../../network-flags.ts'
import { shownSandbox } from './shown.ts'
import { startFailure } from './start-failure.ts'
import { parseVolume } from './volume-mount.ts'

const args = { name: { count: 'optional', doc: 'its name, default its id' } } as const

const flags = {
  name: { type: 'text', value: 'NAME', doc: 'the same as the argument' },
  snapshot: { type: 'text', value: 'NAME', doc: "what it is made from, default the platform's own" },
  image: { type: 'text', value: 'IMAGE', doc: 'make it from an image of a registry, such as python:3.13' },
  ...buildFlags,
  user: { type: 'text', value: 'NAME', doc: 'user inside' },
  env: { type: 'pairs', short: 'e', value: 'NAME=VALUE', doc: 'variable of its programs' },
  'env-file': { type: 'texts', value: 'FILE', doc: 'file of such variables; --env wins over it' },
  secret: { type: 'pairs', value: 'NAME=SECRET', doc: 'variable that stands for a secret, by the name of that' },
  label: { type: 'pairs', short: 'l', value: 'NAME=VALUE', doc: 'label' },
  volume: { type: 'texts', short: 'v', value: 'ID:PATH', doc: 'volume by id or name, also ID:PATH:FOLDER of it' },
  language: { type: 'text', value: 'LANGUAGE', doc: 'of code that is run: python (default), typescript, javascript' },
  public: { type: 'switch', doc: 'its previews are open to everybody' },
  target: { type: 'text', value: 'REGION', doc: 'region' },
  cpu: { type: 'number', value: 'CORES', min: 0, doc: 'cores' },
  gpu: { type: 'number', value: 'COUNT', min: 0, doc: 'GPUs' },
  memory: { type: 'number', value: 'GIB', min: 0, doc: 'memory in GiB' },
  disk: { type: 'number', value: 'GIB', min: 0, doc: 'disk in GiB' },
  'auto-stop': { type: 'number', value: 'MINUTES', min: 0, doc: 'stop it after so long without use, 0 never' },
  'auto-pause': { type: 'number', value: 'MINUTES', min: 0, doc: 'freeze it after so long without use, 0 never' },
  'auto-archive': { type: 'number', value: 'MINUTES', min: 0, doc: 'archive it so long after its stop' },
  'auto-delete': { type: 'number', value: 'MINUTES', doc: 'delete it so long after its stop, 0 at once, -1 never' },
  ttl: { type: 'number', value: 'MINUTES', min: 0, doc: 'delete it so long from now, whatever happens' },
  'auto-wake': { type: 'switch', doc: 'a request starts it when it rests' },
  ephemeral: { type: 'switch', doc: 'delete it when it stops' },
  ...networkFlags,
  linked: { type: 'text', value: 'SANDBOX', doc: 'sandbox that it reaches by name, and that it goes with' },
  timeout: { type: 'number', value: 'SECONDS', min: 0, doc: 'longest wait, 0 for ever; default 60, with a build 1800' },
  'no-wait': { type: 'switch', doc: 'do not wait until it runs' },
} as const

type Input = CommandInput<typeof args, typeof flags>

export const create = defineCommand({
  path: ['create'],
  aliases: ['add', 'new'],
  summary: 'Make a sandbox, and wait until it runs',
  more: 'Ctrl-C deletes what is half made.',
  args,
  flags,
  examples: [
    { does: 'one of the default snapshot', line: 'sandyard create box' },
    {
      does: 'with variables of a file, a volume and more memory',
      line: 'sandyard create box --env-file .env -v data:/data --memory 4',
    },
    { does: 'from a Dockerfile, the log of its build on standard error', line: 'sandyard create box -f ./Dockerfile' },
    {
      does: 'that reaches two names and nothing else',
      line: 'sandyard create box --domain-allow-list github.com,*.example.com',
    },
    { does: 'its id, for a script', line: 'sandyard create -o json | jq -r .id' },
  ],
  cleansUp: true,
  async run(input) {
    const params = await readParameters(input)
    const platform = await input.platform()
    const sandbox = await make(platform, params, input)
    input.screen.one(sandbox, shownSandbox)
    return undefined
  },
})

async function readParameters({ args, flags, folder }: Input): Promise<CreateSandboxParams> {
  if (args.name !== undefined && flags.name !== undefined && args.name !== flags.name)
    throw usageError('a sandbox has one name: give it once')
  const sources = [flags.snapshot, flags.image, flags.dockerfile].filter((one) => one !== undefined)
  if (sources.length > 1) throw usageError('--snapshot, --image and --dockerfile do not go together')
  if (flags.context.length > 0 && flags.dockerfile === undefined) throw usageError('--context goes with --dockerfile')
  const { dockerfile } = flags
  return {
    name: args.name ?? flags.name,
    snapshot: flags.snapshot,
    image: dockerfile === undefined ? flags.image : await dockerfileImage(dockerfile, flags.context, folder),
    user: flags.user,
    language: flags.language,
    env: { ...(await readEnvFiles(flags['env-file'], folder)), ...flags.env },
    labels: { ...flags.label },
    ...(Object.keys(flags.secret).length === 0 ? {} : { secrets: { ...flags.secret } }),
    ...(flags.volume.length === 0 ? {} : { volumes: flags.volume.map(parseVolume) }),
    public: flags.public ? true : undefined,
    target: flags.target,
    cpu: flags.cpu,
    gpu: flags.gpu,
    memory: flags.memory,
    disk: flags.disk,
    autoStopInterval: flags['auto-stop'],
    autoPauseInterval: flags['auto-pause'],
    autoArchiveInterval: flags['auto-archive'],
    autoDeleteInterval: flags['auto-delete'],
    ttlMinutes: flags.ttl,
    autoWake: flags['auto-wake'] ? true : undefined,
    ephemeral: flags.ephemeral ? true : undefined,
    linkedSandbox: flags.linked,
    ...networkSettings(flags),
  }
}

const defaultTimeout = 60
/** a build pulls images and installs packages */
const buildTimeout = 1800

async function make(platform: Daytona, params: CreateSandboxParams, input: Input): Promise<Sandbox> {
  const { flags, screen, signal } = input
  const { timeout = params.image === undefined ? defaultTimeout : buildTimeout } = flags
  const progress = screen.progress(`Making ${params.name ?? 'a sandbox'}`)
  const log = buildLog(screen)
  const made: { sandbox?: Sandbox } = {}
  const making = platform.create(params, {
    timeout,
    wait: !flags['no-wait'],
    ...(params.image === undefined ? {} : { onSnapshotCreateLogs: log.add }),
    onState: (sandbox) => {
      made.sandbox = sandbox
      progress.change(doing(sandbox))
    },
  })
  try {
    const sandbox = await untilInterrupted(making, signal)
    progress.end()
    return sandbox
  } catch (error) {
    if (!signal.aborted) throw startFailure(error, made.sandbox, params.image)
    progress.change('Taking it back')
    // the platform makes it all the same: what it answers is deleted
    const orphan = made.sandbox ?? (await making.catch(() => made.sandbox))
    await orphan?.delete()
    throw error
  } finally {
    log.end()
    progress.end()
  }
}

function doing({ name, state }: Sandbox): string {
  // why it failed is said at the end
  return `${name}: ${state.replaceAll('_', ' ')}`
}
