import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Agent, agents, findHome } from '../../agents/agents.ts'
import { addEntry, printEntry } from '../../agents/entries.ts'
import { writeConfig } from '../../agents/write-config.ts'
import { defineCommand } from '../../command.ts'
import { findProfile } from '../../connect.ts'
import { usageError } from '../../exit-codes.ts'
import type { Done } from '../../screen.ts'
import { findLaunch } from './launch.ts'

const names = agents.map(({ name }) => name).join(', ')

export const mcpInit = defineCommand({
  path: ['mcp', 'init'],
  summary: 'Tell an agent of this machine about its sandboxes',
  more: `Adds an entry to the configuration file of the agent, or replaces the one of this name; a copy of the file is kept beside it. The key stays in the profile. Agents: ${names}.`,
  args: { agent: { count: 'many', doc: 'agents to tell, such as claude or cursor' } },
  flags: {
    name: { type: 'text', value: 'NAME', doc: 'name of the entry, default sandyard' },
    print: { type: 'switch', short: 'p', doc: 'show file and entry, and change nothing' },
  },
  examples: [
    { does: 'let Claude Desktop and Cursor work in sandboxes', line: 'sandyard mcp init claude cursor' },
    { does: 'see what would be written', line: 'sandyard mcp init codex --print' },
    { does: 'a second platform, under a name of its own', line: 'sandyard mcp init cursor --profile work --name work' },
  ],
  async run({ args, flags, wanted, settings, env, screen }) {
    const home = findHome(env)
    const launch = findLaunch(wanted, env)
    const name = flags.name ?? 'sandyard'
    if (!/^[\w-]{1,64}$/.test(name)) throw usageError('a name is made of letters, digits, - and _')
    const chosen = chooseAgents(args.agent, (agent) => existsSync(dirname(agent.file(home))))
    // A profile that is not there is told before anything is changed. Agents pass no key of the environment on.
    const { apiKey } = await findProfile({ ...wanted, apiKey: undefined }, settings, {
      ...env,
      DAYTONA_API_KEY: undefined,
    })
    const done: Done[] = []
    for (const agent of chosen) {
      const file = agent.file(home)
      const what = { agent: agent.name, file }
      if (flags.print) {
        const entry = printEntry(agent.form, name, launch)
        done.push({ name: file, sentence: `${agent.title}: ${file}`, value: { ...what, entry } })
        if (screen.form === 'table') await screen.write(`${file}\n\n${entry}\n`)
        continue
      }
      const written = await writeConfig(file, Date.now(), (text) => addEntry(agent.form, text, name, launch))
      const copy = written.backup === null ? '' : `; as it was: ${written.backup}`
      const sentence = written.isChanged
        ? `${agent.title} knows its sandboxes as ${name} after its next start: ${file}${copy}`
        : `${agent.title} knew it already: ${file}`
      done.push({ name: file, sentence, value: { ...what, ...written } })
    }
    if (!flags.print || screen.form !== 'table') screen.tellEach(done)
    if (apiKey === undefined) screen.note('No key is kept yet; the agent needs one: sandyard login')
    return undefined
  },
})

function chooseAgents(wanted: readonly string[], isHere: (agent: Agent) => boolean): readonly Agent[] {
  if (wanted.length === 0) {
    const here = agents.filter(isHere).map(({ name }) => name)
    const hint = here.length === 0 ? `agents: ${names}` : `on this machine: sandyard mcp init ${here.join(' ')}`
    throw usageError('which agent is to be told?', hint)
  }
  return [...new Set(wanted)].map((word) => {
    const agent = agents.find(({ name }) => name === word)
    if (agent === undefined) throw usageError(`there is no agent ${word}`, `agents: ${names}`)
    return agent
  })
}
