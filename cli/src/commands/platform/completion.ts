import type { Daytona } from '@sandyard/sdk'
import { type Command, defineCommand } from '../../command.ts'
import { type Candidates, candidatesFor, fitting } from '../../completion/candidates.ts'
import { completionScripts } from '../../completion/scripts.ts'
import { usageError } from '../../exit-codes.ts'
import { untilInterrupted } from '../../interrupt.ts'

/** Somebody waits with a finger on the key, ms. */
const longestWaitMs = 3000
/** names that are offered */
const most = 200

/**
 * Names that a shell takes as they are. Bash puts what it is offered into the line without quotes, and anybody of the
 * organization can call a sandbox `a;reboot`, or `--all`; such a name is for people to type.
 */
const plainName = /^[\p{L}\p{N}_@%+:,./][\p{L}\p{N}\p{M}_@%+=:,./-]*$/u

/** `completion` for a table of commands, and of itself. */
export function completionCommand(others: readonly Command[]): Command {
  const completion: Command = defineCommand({
    path: ['completion'],
    summary: 'Print what makes the Tab key of a shell know the commands, and the names of your sandboxes',
    args: {
      shell: { count: 'one', doc: 'bash, zsh or fish; `words` prints what may come next, which those ask for' },
      line: { count: 'rest', doc: 'for `words`: what was typed behind sandyard' },
    },
    flags: {},
    examples: [
      { does: 'for this shell', line: 'source <(sandyard completion bash)' },
      { does: 'for each zsh', line: 'sandyard completion zsh > ~/.zfunc/_sandyard' },
      { does: 'for each fish', line: 'sandyard completion fish > ~/.config/fish/completions/sandyard.fish' },
    ],
    async run({ args, platform, screen, signal }) {
      if (args.shell === 'words') {
        const found = candidatesFor([...others, completion], args.line)
        const current = args.line.at(-1) ?? ''
        const asked = found.names === undefined ? found.words : await names(platform, found.names, current, signal)
        if (asked.length > 0) await screen.write(`${asked.join('\n')}\n`)
        return undefined
      }
      const script = completionScripts[args.shell as keyof typeof completionScripts]
      if (script === undefined)
        throw usageError(`there is no completion for ${args.shell}`, 'bash, zsh and fish have one')
      await screen.write(script)
      return undefined
    },
  })
  return completion
}

/** Names that begin so; none when the platform does not answer in time, as nobody wants to read errors then. */
async function names(
  open: () => Promise<Daytona>,
  kind: NonNullable<Candidates['names']>,
  begun: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  try {
    const wait = AbortSignal.any([signal, AbortSignal.timeout(longestWaitMs)])
    const found = await untilInterrupted(find(await open(), kind, begun), wait)
    return fitting(found, begun).words.filter((name) => plainName.test(name))
  } catch {
    return []
  }
}

async function find(place: Daytona, kind: NonNullable<Candidates['names']>, begun: string): Promise<readonly string[]> {
  const found: string[] = []
  if (kind === 'sandbox') {
    for await (const { name } of place.list({ limit: most, ...(begun === '' ? {} : { name: begun }) })) {
      found.push(name)
      if (found.length >= most) break
    }
  } else if (kind === 'snapshot')
    found.push(...(await place.snapshot.list({ limit: most })).items.map(({ name }) => name))
  else if (kind === 'volume') found.push(...(await place.volume.list()).map(({ name }) => name))
  return found
}
