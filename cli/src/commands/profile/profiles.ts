import { defineCommand } from '../../command.ts'
import { CommandError, exitCodes } from '../../exit-codes.ts'
import type { Screen } from '../../screen.ts'
import type { Profile, Settings } from '../../settings.ts'

interface Row extends Profile {
  readonly name: string
  readonly isActive: boolean
}

const profileArgument = { count: 'one', doc: 'name of a profile' } as const

export const profileList = defineCommand({
  path: ['profile', 'list'],
  aliases: ['ls'],
  summary: 'List the platforms that this machine knows',
  args: {},
  flags: {},
  examples: [{ does: 'which there are', line: 'sandyard profile list' }],
  async run({ settings, screen }) {
    const { active, profiles } = await settings.read()
    const rows = Object.entries(profiles).map(
      ([name, profile]): Row => ({ name, isActive: name === active, ...profile }),
    )
    screen.list(
      rows,
      {
        columns: [
          { title: '', text: ({ isActive }) => (isActive ? '*' : '') },
          { title: 'Name', text: ({ name }) => name },
          { title: 'API', text: ({ apiUrl }) => apiUrl },
          { title: 'Organization', text: ({ organization }) => organization ?? "the key's own" },
        ],
        name: ({ name }) => name,
        // the key stays in the file
        whole: ({ apiKey: _, ...rest }) => rest,
      },
      'There are no profiles; sandyard login makes one.',
    )
    return undefined
  },
})

export const profileUse = defineCommand({
  path: ['profile', 'use'],
  summary: 'Make another profile the active one',
  args: { profile: profileArgument },
  flags: {},
  examples: [{ does: 'work on another platform', line: 'sandyard profile use work' }],
  async run({ args, settings, screen }) {
    const kept = await settings.read()
    requireProfile(kept.profiles, args.profile)
    await settings.write({ ...kept, active: args.profile })
    screen.tell(`Using ${args.profile}`, { profile: args.profile }, args.profile)
    return undefined
  },
})

export const logout = defineCommand({
  path: ['logout'],
  summary: 'Forget the key of a profile',
  more: 'The key itself goes on working: `sandyard key delete` ends it.',
  args: { profile: { count: 'optional', doc: 'name of a profile, default the active one' } },
  flags: {},
  examples: [{ does: 'forget the active one', line: 'sandyard logout' }],
  run: ({ args, settings, screen }) => forget(args.profile, settings, screen),
})

export const profileRemove = defineCommand({
  path: ['profile', 'remove'],
  aliases: ['rm', 'delete'],
  summary: 'Forget a platform with its key',
  args: { profile: profileArgument },
  flags: {},
  examples: [{ does: 'forget one', line: 'sandyard profile remove work' }],
  run: ({ args, settings, screen }) => forget(args.profile, settings, screen),
})

async function forget(name: string | undefined, settings: Settings, screen: Screen): Promise<undefined> {
  const kept = await settings.read()
  const forgotten = name ?? kept.active
  requireProfile(kept.profiles, forgotten)
  const profiles = Object.fromEntries(Object.entries(kept.profiles).filter(([other]) => other !== forgotten))
  const active = forgotten === kept.active ? (Object.keys(profiles)[0] ?? 'default') : kept.active
  await settings.write({ active, profiles })
  const next = profiles[active] === undefined ? '' : `; profile ${active} is the active one`
  screen.tell(`Forgot ${forgotten}${next}`, { profile: forgotten, active }, forgotten)
  return undefined
}

function requireProfile(profiles: Readonly<Record<string, Profile>>, name: string): void {
  if (profiles[name] !== undefined) return
  throw new CommandError(
    `there is no profile ${name}`,
    exitCodes.notFound,
    `profiles: ${Object.keys(profiles).join(', ') || 'none'}`,
  )
}
