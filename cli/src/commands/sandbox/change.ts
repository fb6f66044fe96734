import { defineCommand } from '../../command.ts'
import { usageError } from '../../exit-codes.ts'
import { sandboxArgument, timeoutFlag } from './arguments.ts'
import { shownSandbox } from './shown.ts'

export const fork = defineCommand({
  path: ['fork'],
  summary: 'Make a sandbox whose disk begins as a copy of another one',
  args: { sandbox: sandboxArgument, name: { count: 'optional', doc: 'name of the copy, default its id' } },
  flags: {
    name: { type: 'text', value: 'NAME', doc: 'the same as the argument' },
    timeout: timeoutFlag,
  },
  examples: [
    { does: 'try something in a copy', line: 'sandyard fork box trial' },
    { does: 'its id, for a script', line: 'sandyard fork box -o json | jq -r .id' },
  ],
  async run({ args, flags, platform, screen }) {
    const parent = await (await platform()).get(args.sandbox)
    const name = args.name ?? flags.name
    const progress = screen.progress(`Copying ${parent.name}`)
    try {
      const child = await parent.fork(name === undefined ? {} : { name }, flags.timeout)
      progress.end()
      screen.one(child, shownSandbox)
    } finally {
      progress.end()
    }
    return undefined
  },
})

export const resize = defineCommand({
  path: ['resize'],
  summary: 'Change cores, memory or disk of a sandbox',
  more: 'More cores and memory are there at once. For less of them, and for another disk, it must be stopped.',
  args: { sandbox: sandboxArgument },
  flags: {
    cpu: { type: 'number', value: 'CORES', min: 1, doc: 'cores' },
    memory: { type: 'number', value: 'GIB', min: 1, doc: 'memory in GiB' },
    disk: { type: 'number', value: 'GIB', min: 1, doc: 'disk in GiB' },
    timeout: timeoutFlag,
  },
  examples: [
    { does: 'more of both', line: 'sandyard resize box --cpu 2 --memory 4' },
    { does: 'a larger disk', line: 'sandyard stop box && sandyard resize box --disk 10' },
  ],
  async run({ args, flags, platform, screen }) {
    const { cpu, memory, disk } = flags
    if (cpu === undefined && memory === undefined && disk === undefined)
      throw usageError('give --cpu, --memory or --disk')
    const sandbox = await (await platform()).get(args.sandbox)
    const progress = screen.progress(`Resizing ${sandbox.name}`)
    try {
      await sandbox.resize(
        Object.fromEntries(Object.entries({ cpu, memory, disk }).filter(([, value]) => value !== undefined)),
        flags.timeout,
      )
    } finally {
      progress.end()
    }
    await sandbox.refreshData()
    screen.one(sandbox, shownSandbox)
    return undefined
  },
})

export const update = defineCommand({
  path: ['update'],
  aliases: ['set'],
  summary: 'Change when a sandbox stops, and who may open its previews',
  args: { sandbox: sandboxArgument },
  flags: {
    'auto-stop': { type: 'number', value: 'MINUTES', min: 0, doc: 'stop it after so long without use, 0 never' },
    'auto-pause': { type: 'number', value: 'MINUTES', min: 0, doc: 'freeze it after so long without use, 0 never' },
    'auto-archive': { type: 'number', value: 'MINUTES', min: 0, doc: 'archive it so long after its stop' },
    'auto-delete': { type: 'number', value: 'MINUTES', doc: 'delete it so long after its stop, 0 at once, -1 never' },
    ttl: { type: 'number', value: 'MINUTES', min: 0, doc: 'delete it so long from now, 0 never' },
    'auto-wake': {
      type: 'text',
      value: 'WHEN',
      choices: ['true', 'false', 'idle'],
      doc: 'whether a request starts it when it rests: true, false, or idle (when it rests because nobody used it)',
    },
    public: { type: 'switch', doc: 'its previews are open to everybody' },
    private: { type: 'switch', doc: 'its previews need a token' },
  },
  examples: [
    {
      does: 'stop it after half an hour without use, delete it a day later',
      line: 'sandyard update box --auto-stop 30 --auto-delete 1440',
    },
    { does: 'close its previews', line: 'sandyard update box --private' },
  ],
  async run({ args, flags, platform, screen }) {
    if (flags.public && flags.private) throw usageError('--public and --private do not go together')
    const sandbox = await (await platform()).get(args.sandbox)
    const wake = flags['auto-wake']
    const changes = [
      [flags['auto-stop'], (value: number) => sandbox.setAutostopInterval(value)],
      [flags['auto-pause'], (value: number) => sandbox.setAutoPauseInterval(value)],
      [flags['auto-archive'], (value: number) => sandbox.setAutoArchiveInterval(value)],
      [flags['auto-delete'], (value: number) => sandbox.setAutoDeleteInterval(value)],
      [flags.ttl, (value: number) => sandbox.setTtl(value)],
    ] as const
    const isPublic = flags.public || flags.private
    if (wake === undefined && !isPublic && changes.every(([value]) => value === undefined))
      throw usageError('say what to change', 'sandyard update --help lists it')
    for (const [value, change] of changes) if (value !== undefined) await change(value)
    if (wake !== undefined) await sandbox.setAutoWake(wake === 'idle' ? 'idle' : wake === 'true')
    if (isPublic) await sandbox.setPublic(flags.public)
    screen.one(sandbox, shownSandbox)
    return undefined
  },
})
