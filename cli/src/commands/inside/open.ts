import { showInBrowser } from '../../browser.ts'
import { defineCommand } from '../../command.ts'
import { usageError } from '../../exit-codes.ts'
import { sandboxArgument } from '../sandbox/arguments.ts'

export const open = defineCommand({
  path: ['open'],
  summary: 'Open the preview of a port in the browser',
  more: 'A private preview gets a URL that is good for a while without signing in. Where there is no browser the URL is printed.',
  args: { sandbox: sandboxArgument, port: { count: 'one', doc: 'port that something listens on inside' } },
  flags: {
    expires: { type: 'number', value: 'SECONDS', min: 1, doc: 'how long the URL is good, default 3600' },
    print: { type: 'switch', doc: 'only print the URL' },
  },
  examples: [
    { does: 'a dev server', line: 'sandyard open box 5173' },
    { does: 'a URL to send to somebody, good for a day', line: 'sandyard open box 5173 --print --expires 86400' },
  ],
  async run({ args, flags, platform, screen, env }) {
    const port = Number(args.port)
    if (!Number.isInteger(port) || port < 1 || port > 65_535) throw usageError(`${args.port} is no port`)
    const sandbox = await (await platform()).get(args.sandbox)
    const { url } = sandbox.public
      ? await sandbox.getPreviewLink(port)
      : await sandbox.getSignedPreviewUrl(port, flags.expires ?? 3600)
    const isShown = !flags.print && (await showInBrowser(url, env))
    if (isShown) screen.tell(`Opened port ${port} of ${sandbox.name}`, { sandbox: sandbox.name, port, url }, url)
    else screen.tell(url, { sandbox: sandbox.name, port, url }, url)
    return undefined
  },
})
