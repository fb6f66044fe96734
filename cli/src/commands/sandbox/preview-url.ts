import { defineCommand } from '../../command.ts'
import { usageError } from '../../exit-codes.ts'
import { sandboxArgument } from './arguments.ts'

const defaultExpires = 3600

export const previewUrl = defineCommand({
  path: ['preview-url'],
  summary: 'Make a URL that opens a port of a sandbox',
  more: 'The URL carries a token for a while. With `--public` the previews of the sandbox are opened to everybody, and the URL is a plain one.',
  args: { sandbox: sandboxArgument, port: { count: 'optional', doc: 'port inside' } },
  flags: {
    port: { type: 'number', short: 'p', value: 'PORT', min: 1, max: 65_535, doc: 'the same as the argument' },
    expires: {
      type: 'number',
      value: 'SECONDS',
      min: 1,
      doc: `how long the URL opens it, default ${defaultExpires}`,
    },
    public: { type: 'switch', doc: 'open the previews of the sandbox to everybody' },
  },
  examples: [
    { does: 'for an hour', line: 'sandyard preview-url box 3000' },
    { does: 'for everybody', line: 'sandyard preview-url box -p 3000 --public' },
  ],
  async run({ args, flags, platform, screen }) {
    const port = readPort(args.port, flags.port)
    if (flags.public && flags.expires !== undefined) throw usageError('--public and --expires do not go together')
    const sandbox = await (await platform()).get(args.sandbox)
    if (flags.public) {
      await sandbox.setPublic(true)
      const { url } = await sandbox.getPreviewLink(port)
      screen.tell(url, { url, port, public: true }, url)
      return undefined
    }
    const signed = await sandbox.getSignedPreviewUrl(port, flags.expires ?? defaultExpires)
    screen.tell(signed.url, signed, signed.url)
    return undefined
  },
})

function readPort(argument: string | undefined, flag: number | undefined): number {
  if (argument !== undefined && flag !== undefined) throw usageError('give the port once')
  const port = argument === undefined ? flag : Number(argument)
  if (port === undefined) throw usageError('name a port', 'sandyard preview-url box 3000')
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw usageError(`${argument ?? port} is no port`)
  return port
}
