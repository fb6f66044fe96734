import type { CreateSnapshotParams, Daytona, Snapshot } from '@sandyard/sdk'
import { buildLog } from '../../build-log.ts'
import { type CommandInput, defineCommand } from '../../command.ts'
import { usageError } from '../../exit-codes.ts'
import { buildFlags, dockerfileImage } from '../../images.ts'
import { untilInterrupted } from '../../interrupt.ts'
import type { Progress } from '../../screen.ts'
import { shownSnapshot } from './shown.ts'

const args = { name: { count: 'one', doc: 'its name' } } as const

const flags = {
  image: { type: 'text', short: 'i', value: 'IMAGE', doc: 'image of a registry, such as python:3.13' },
  ...buildFlags,
  sandbox: { type: 'text', value: 'SANDBOX', doc: 'save the disk of a sandbox' },
  entrypoint: { type: 'text', short: 'e', value: 'COMMAND', doc: 'command that runs in each sandbox, words by spaces' },
  cpu: { type: 'number', value: 'CORES', min: 0, doc: 'cores of its sandboxes' },
  memory: { type: 'number', value: 'GIB', min: 0, doc: 'memory of its sandboxes in GiB' },
  disk: { type: 'number', value: 'GIB', min: 0, doc: 'disk of its sandboxes in GiB' },
  region: { type: 'text', value: 'REGION', doc: 'region' },
  'sandbox-class': { type: 'text', value: 'CLASS', doc: 'kind of its sandboxes, default container' },
  timeout: { type: 'number', value: 'SECONDS', min: 0, doc: 'longest wait, default for ever' },
} as const

type Input = CommandInput<typeof args, typeof flags>

export const snapshotCreate = defineCommand({
  path: ['snapshot', 'create'],
  aliases: ['build'],
  summary: 'Make a snapshot of an image, a Dockerfile or a sandbox, and wait until it is ready',
  more: 'The log of a pull or a build goes to standard error. Ctrl-C takes back what is half made.',
  args,
  flags,
  examples: [
    { does: 'of an image', line: 'sandyard snapshot create node -i node:24-slim' },
    { does: 'of a Dockerfile', line: 'sandyard snapshot create tools -f ./Dockerfile --cpu 2 --memory 4' },
    { does: 'of the disk of a sandbox', line: 'sandyard snapshot create prepared --sandbox box' },
  ],
  cleansUp: true,
  async run(input) {
    const { args, flags, screen } = input
    const source = await readSource(input)
    const platform = await input.platform()
    const progress = screen.progress(`Making snapshot ${args.name}`)
    try {
      const snapshot =
        typeof source === 'string'
          ? await saveSandbox(platform, source, input)
          : await make(platform, { name: args.name, image: source.image, ...settings(flags) }, input, progress)
      progress.end()
      screen.one(snapshot, shownSnapshot)
    } finally {
      progress.end()
    }
    return undefined
  },
})

type Source = string | { readonly image: CreateSnapshotParams['image'] }

async function readSource({ flags, folder }: Input): Promise<Source> {
  const { image, dockerfile, sandbox } = flags
  if ([image, dockerfile, sandbox].filter((one) => one !== undefined).length !== 1)
    throw usageError('give one of --image, --dockerfile and --sandbox')
  if (flags.context.length > 0 && dockerfile === undefined) throw usageError('--context goes with --dockerfile')
  if (dockerfile !== undefined) return { image: await dockerfileImage(dockerfile, flags.context, folder) }
  if (sandbox === undefined) return { image: image ?? '' }
  const others = [flags.entrypoint, flags.cpu, flags.memory, flags.disk, flags.region, flags['sandbox-class']]
  if (others.some((one) => one !== undefined))
    throw usageError('a snapshot of a sandbox is as the sandbox is: --sandbox goes with --timeout alone')
  return sandbox
}

function settings(flags: Input['flags']): Omit<CreateSnapshotParams, 'name' | 'image'> {
  const { cpu, memory, disk, entrypoint, region } = flags
  const sandboxClass = flags['sandbox-class']
  const words = entrypoint?.split(/\s+/).filter((word) => word !== '')
  return {
    resources: { cpu, memory, disk },
    ...(words === undefined ? {} : { entrypoint: words }),
    ...(region === undefined ? {} : { regionId: region }),
    ...(sandboxClass === undefined ? {} : { sandboxClass }),
  }
}

async function make(
  platform: Daytona,
  params: CreateSnapshotParams,
  { flags, screen, signal }: Input,
  progress: Progress,
): Promise<Snapshot> {
  const log = buildLog(screen)
  const made: { snapshot?: Snapshot } = {}
  const making = platform.snapshot.create(params, {
    timeout: flags.timeout ?? 0,
    onLogs: log.add,
    onState: (snapshot) => {
      made.snapshot = snapshot
      progress.change(`${snapshot.name}: ${snapshot.state.replaceAll('_', ' ')}`)
    },
  })
  try {
    return await untilInterrupted(making, signal)
  } catch (error) {
    if (signal.aborted) {
      progress.change('Taking it back')
      // what was answered to be ours is deleted, never what had the name before
      const orphan = made.snapshot ?? (await making.catch(() => made.snapshot))
      if (orphan !== undefined) await platform.snapshot.delete(orphan)
    }
    throw error
  } finally {
    log.end()
  }
}

async function saveSandbox(platform: Daytona, name: string, { args, flags }: Input): Promise<Snapshot> {
  const sandbox = await platform.get(name)
  await sandbox.createSnapshot(args.name, flags.timeout ?? 600)
  return await platform.snapshot.get(args.name)
}
