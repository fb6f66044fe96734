import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Daytona } from '@sandyard/sdk'
import { defineCommand } from '../../command.ts'
import { CommandError } from '../../exit-codes.ts'
import { quoteWords } from '../../inside/quote.ts'
import { runProgramHere } from '../../run-program.ts'
import { sandboxArgument } from '../sandbox/arguments.ts'

export const ssh = defineCommand({
  path: ['ssh'],
  summary: 'Connect to a sandbox with the ssh program of this machine',
  more: 'It makes a token that is taken back at the end, and knows the host by the keys that the platform tells. Words after `--` are for ssh, such as a command or `-L`.',
  args: { sandbox: sandboxArgument, words: { count: 'rest', doc: 'for ssh' } },
  flags: {
    expires: {
      type: 'number',
      value: 'MINUTES',
      min: 1,
      doc: 'how long the token is good, default 1440; it then stays',
    },
    print: { type: 'switch', doc: 'print the ssh command instead; its token stays' },
  },
  examples: [
    { does: 'connect', line: 'sandyard ssh box' },
    { does: 'a command for another machine, good for an hour', line: 'sandyard ssh box --print --expires 60' },
  ],
  cleansUp: true,
  async run({ args, flags, platform, screen, signal }) {
    const place = await platform()
    const sandbox = await place.get(args.sandbox)
    const access = await sandbox.createSshAccess(flags.expires)
    if (flags.print) {
      const { token, sshCommand, expiresAt } = access
      screen.tell(sshCommand, { sandbox: sandbox.name, token, sshCommand, expiresAt }, sshCommand)
      return undefined
    }
    const folder = await mkdtemp(join(tmpdir(), 'sandyard-ssh-'))
    try {
      if (signal.aborted) return undefined
      const words = readCommand(access.sshCommand)
      const known = await hostOptions(place, folder)
      const [own, command] = splitWords(args.words)
      return await runProgramHere('ssh', [...known, ...own, ...words, ...command], {
        hint: 'install openssh-client, or use sandyard shell',
      })
    } finally {
      await rm(folder, { recursive: true, force: true })
      if (flags.expires === undefined) await sandbox.revokeSshAccess(access.token).catch(() => {})
    }
  },
})

/** Where to, as words for ssh: nothing that a platform sends becomes an option, as some of those run programs here. */
export function readCommand(line: string): readonly string[] {
  const [, port, token, host] =
    /^ssh (?:-p (\d{1,5}) )?(\w[\w-]*)@(\w[\w.-]*|[\da-f:]+(?:%[\w.-]+)?)$/i.exec(line) ?? []
  if (token === undefined) throw new CommandError('the platform told of a way in by SSH that is none')
  return [...(port === undefined ? [] : ['-p', port]), `${token}@${host}`]
}

/** Options by which ssh knows the platform, and nobody else under its name. */
async function hostOptions(platform: Daytona, folder: string): Promise<readonly string[]> {
  const config = await platform.client.call('getConfig')
  const { sshGatewayHost: host, sshGatewayPort: port, sshGatewayHostKeys: keys } = config
  if (typeof host !== 'string' || !Array.isArray(keys))
    throw new CommandError('this platform has no way in by SSH', undefined, 'sandyard shell needs none')
  const plain = host.replace(/^\[(.*)\]$/, '$1')
  const name = port === 22 ? plain : `[${plain}]:${port}`
  const file = join(folder, 'known_hosts')
  await writeFile(file, keys.map((key) => `${name} ${key}\n`).join(''), { mode: 0o600 })
  // a path with blanks stands in quotes, as the option is a list of files
  return ['-o', `UserKnownHostsFile="${file}"`, '-o', 'GlobalKnownHostsFile=none', '-o', 'StrictHostKeyChecking=yes']
}

/** Options for ssh stand before its host, a command behind it. */
function splitWords(words: readonly string[]): readonly [readonly string[], readonly string[]] {
  const takesValue = /^-[BbcDEeFIiJLlmOopQRSWw]$/
  let at = 0
  while (at < words.length && (words[at] ?? '').startsWith('-')) at += takesValue.test(words[at] ?? '') ? 2 : 1
  const command = words.slice(at)
  return [words.slice(0, at), command.length === 0 ? [] : [quoteWords(command)]]
}
