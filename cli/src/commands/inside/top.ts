import { setTimeout as delay } from 'node:timers/promises'
import type { Daytona, Sandbox } from '@sandyard/sdk'
import { defineCommand } from '../../command.ts'
import { type Column, type Shown, table } from '../../screen.ts'
import { bytes } from '../../texts.ts'

/** What a sandbox uses now; what is not known is absent. */
interface Use {
  readonly sandbox: Sandbox
  /** percent of what it may use */
  readonly cpu?: number | undefined
  readonly memory?: number | undefined
  readonly memoryLimit?: number | undefined
  readonly disk?: number | undefined
  readonly diskLimit?: number | undefined
  /** bytes a second */
  readonly received?: number | undefined
  readonly sent?: number | undefined
}

const name = (last: string): string => `daytona.sandbox.${last}`
const wanted = [
  'cpu.utilization',
  'memory.usage',
  'memory.limit',
  'filesystem.usage',
  'filesystem.total',
  'network.received',
  'network.sent',
].map(name)

/** Samples that are older say nothing of now, ms. */
const oldMs = 120_000
const atOnce = 8
/** q, Ctrl-C and Ctrl-D */
const quitKeys = [0x71, 3, 4]

const columns: readonly Column<Use>[] = [
  { title: 'Name', text: ({ sandbox }) => sandbox.name },
  { title: 'CPU', text: ({ cpu }) => (cpu === undefined ? '-' : `${cpu.toFixed(1)} %`), isNumber: true },
  { title: 'Memory', text: ({ memory, memoryLimit }) => share(memory, memoryLimit), isNumber: true },
  { title: 'Disk', text: ({ disk, diskLimit }) => share(disk, diskLimit), isNumber: true },
  { title: 'In', text: ({ received }) => rate(received), isNumber: true },
  { title: 'Out', text: ({ sent }) => rate(sent), isNumber: true },
]

const shown: Shown<Use> = {
  columns,
  name: ({ sandbox }) => sandbox.name,
  whole: ({ sandbox: { id, name }, ...use }) => ({ id, name, ...use }),
}

export const top = defineCommand({
  path: ['top'],
  summary: 'Show what running sandboxes use, the busiest first, until q or Ctrl-C',
  more: 'The numbers are the last sample that the platform has taken of each; to look keeps no sandbox awake.',
  args: { sandboxes: { count: 'many', doc: 'only these, by id or name', completes: 'sandbox' } },
  flags: {
    once: { type: 'switch', doc: 'once, which is so anyway where the output is no terminal' },
    every: { type: 'number', value: 'SECONDS', min: 1, doc: 'time between two looks, default 3' },
  },
  examples: [
    { does: 'watch', line: 'sandyard top' },
    { does: 'for a script', line: 'sandyard top --once -o json' },
  ],
  cleansUp: true,
  async run({ args, flags, platform, screen, signal }) {
    const place = await platform()
    const look = async (): Promise<readonly Use[]> => {
      const sandboxes = await running(place, args.sandboxes)
      const uses = await inTurns(sandboxes, (sandbox) => useOf(place, sandbox))
      return uses.sort((a, b) => (b.cpu ?? -1) - (a.cpu ?? -1))
    }
    if (flags.once || !screen.isTerminal || screen.form !== 'table') {
      screen.list(await look(), shown, 'No sandbox is running.')
      return undefined
    }
    await watch(look, (flags.every ?? 3) * 1000, signal)
    return undefined
  },
})

async function running(place: Daytona, names: readonly string[]): Promise<readonly Sandbox[]> {
  if (names.length > 0) return await Promise.all(names.map((name) => place.get(name)))
  return await place.listSandboxes({ states: ['started'] })
}

async function inTurns<T, R>(things: readonly T[], work: (thing: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    for (let at = next++; at < things.length; at = next++) results[at] = await work(things[at] as T)
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, things.length) }, worker))
  return results
}

async function useOf(place: Daytona, sandbox: Sandbox): Promise<Use> {
  const now = Date.now()
  const { series } = await place.client.call('getSandboxMetrics', {
    params: { sandboxId: sandbox.id },
    query: { from: new Date(now - oldMs).toISOString(), to: new Date(now + 60_000).toISOString(), metricNames: wanted },
  })
  const points = (last: string) => series.find(({ metricName }) => metricName === name(last))?.dataPoints ?? []
  const value = (last: string): number | undefined => points(last).at(-1)?.value
  const perSecond = (last: string): number | undefined => {
    const [before, after] = points(last).slice(-2)
    if (before === undefined || after === undefined) return undefined
    const seconds = (Date.parse(after.timestamp) - Date.parse(before.timestamp)) / 1000
    return seconds > 0 ? Math.max(0, after.value - before.value) / seconds : undefined
  }
  return {
    sandbox,
    cpu: value('cpu.utilization'),
    memory: value('memory.usage'),
    memoryLimit: value('memory.limit'),
    disk: value('filesystem.usage'),
    diskLimit: value('filesystem.total'),
    received: perSecond('network.received'),
    sent: perSecond('network.sent'),
  }
}

/** Draws on the other screen of the terminal, which is given back as it was. */
async function watch(look: () => Promise<readonly Use[]>, everyMs: number, signal: AbortSignal): Promise<void> {
  const { stdin, stdout } = process
  const quit = new AbortController()
  const onKey = (keys: Buffer): void => {
    if (keys.some((key) => quitKeys.includes(key))) quit.abort()
  }
  const giveBack = (): void => {
    if (stdin.isTTY) stdin.setRawMode(false)
    stdout.write('\x1b[?25h\x1b[?1049l')
  }
  const stop = AbortSignal.any([signal, quit.signal])
  stdout.write('\x1b[?1049h\x1b[?25l')
  process.on('exit', giveBack)
  if (stdin.isTTY) {
    stdin.setRawMode(true)
    stdin.on('data', onKey)
    stdin.resume()
  }
  try {
    while (!stop.aborted) {
      const uses = await look()
      const rows = Math.max(1, (stdout.rows ?? 24) - 4)
      const drawn = uses.length === 0 ? 'No sandbox is running.' : table(uses.slice(0, rows), columns, stdout.columns)
      const rest = uses.length > rows ? `\n… and ${uses.length - rows} more` : ''
      const text = `${uses.length} running, ${new Date().toLocaleTimeString()}, q quits\n\n${drawn}${rest}`
      stdout.write(`\x1b[H${text.replaceAll('\n', '\x1b[K\n')}\x1b[J`)
      await delay(everyMs, undefined, { signal: stop }).catch(() => {})
    }
  } finally {
    stdin.off('data', onKey)
    stdin.pause()
    process.off('exit', giveBack)
    giveBack()
  }
}

function share(used: number | undefined, limit: number | undefined): string {
  if (used === undefined) return '-'
  return limit === undefined ? bytes(used) : `${bytes(used)} / ${bytes(limit)}`
}

function rate(perSecond: number | undefined): string {
  return perSecond === undefined ? '-' : `${bytes(perSecond)}/s`
}
