import { setTimeout as delay } from 'node:timers/promises'
import type { Daytona, Sandbox } from '@sandyard/sdk'
import { defineCommand } from '../../command.ts'
import { clean, type Shown } from '../../screen.ts'

/** One thing that happened to a sandbox. */
interface Event {
  readonly at: string
  readonly sandbox: string
  readonly text: string
}

const shown: Shown<Event> = {
  columns: [
    { title: 'Time', text: ({ at }) => at },
    { title: 'Sandbox', text: ({ sandbox }) => sandbox },
    { title: 'What', text: ({ text }) => text },
  ],
  name: ({ text }) => text,
}

const everyMs = 1500
/** entries of one look */
const most = 200

export const events = defineCommand({
  path: ['events'],
  summary: 'Show what has happened to a sandbox, or changes of all as they happen',
  more: 'With `-o json` each is a line of JSON while it follows.',
  args: { sandbox: { count: 'optional', doc: 'id or name; without it all, which needs -f', completes: 'sandbox' } },
  flags: {
    follow: { type: 'switch', short: 'f', doc: 'go on as more happens' },
    hours: { type: 'number', value: 'HOURS', min: 0, doc: 'how far back, default 24' },
  },
  examples: [
    { does: 'why has it stopped', line: 'sandyard events box' },
    { does: 'changes of all sandboxes', line: 'sandyard events -f' },
  ],
  async run({ args, flags, platform, screen, signal }) {
    const place = await platform()
    const tell = async (found: readonly Event[]): Promise<void> => {
      for (const event of found) {
        const { at, sandbox, text } = event
        await screen.write(
          screen.form === 'json' ? `${JSON.stringify(event)}\n` : `${at}  ${clean(sandbox)}  ${clean(text)}\n`,
        )
      }
    }
    const look =
      args.sandbox === undefined ? watchAll(place) : watchOne(place, await place.get(args.sandbox), flags.hours ?? 24)
    const first = await look()
    if (!flags.follow && args.sandbox !== undefined) {
      screen.list(first, shown, 'Nothing has happened to it.')
      return undefined
    }
    if (args.sandbox !== undefined) await tell(first)
    else screen.note('Waiting for changes; Ctrl-C ends.')
    while (!signal.aborted) {
      await delay(everyMs, undefined, { signal })
      await tell(await look())
    }
    return undefined
  },
})

/** Each look gives what was not given yet, the oldest first. */
function watchOne(place: Daytona, sandbox: Sandbox, hours: number): () => Promise<readonly Event[]> {
  const told = new Set<string>()
  let fromMs = Date.now() - hours * 3_600_000
  return async () => {
    const { items } = await place.client.call('getSandboxLogs', {
      params: { sandboxId: sandbox.id },
      query: { from: new Date(fromMs).toISOString(), to: new Date(Date.now() + 60_000).toISOString(), limit: most },
    })
    const fresh = items
      .toReversed()
      .map(({ timestamp, body }) => ({ at: timestamp, sandbox: sandbox.name, text: body }))
      .filter((event) => !told.has(JSON.stringify(event)))
    for (const event of fresh) told.add(JSON.stringify(event))
    // what is written late is still found; what is far back is asked for once
    fromMs = Math.max(fromMs, Date.now() - 60_000)
    return fresh
  }
}

/** Changes of state between two looks; the first one gives none. */
function watchAll(place: Daytona): () => Promise<readonly Event[]> {
  let before: ReadonlyMap<string, Sandbox> | null = null
  return async () => {
    const now = new Map((await place.listSandboxes()).map((sandbox) => [sandbox.id, sandbox]))
    const at = new Date().toISOString()
    const changes: Event[] = []
    if (before !== null) {
      for (const [id, { name, state, errorReason }] of now) {
        const was = before.get(id)?.state
        if (was === state) continue
        const reason = errorReason === undefined || errorReason === null || errorReason === '' ? '' : `: ${errorReason}`
        changes.push({ at, sandbox: name, text: `${was === undefined ? '' : `${was} → `}${state}${reason}` })
      }
      for (const [id, { name }] of before) if (!now.has(id)) changes.push({ at, sandbox: name, text: 'deleted' })
    }
    before = now
    return changes
  }
}
