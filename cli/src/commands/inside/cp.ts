import { defineCommand } from '../../command.ts'
import { fetchInto, fetchToStream } from '../../copy/fetch.ts'
import { type Place, readPlace } from '../../copy/place.ts'
import { send, sendStream } from '../../copy/send.ts'
import { usageError } from '../../exit-codes.ts'

export const cp = defineCommand({
  path: ['cp'],
  aliases: ['copy'],
  summary: 'Copy files and folders into a sandbox, or out of it',
  more: 'A path inside is written `box:/path`, or `box:path` below its work dir. Folders are copied with all that is in them, under their own name where the target is a folder; `folder/.` is their content. Permissions stay. `-` is standard input or output; a folder goes to standard output as a tar archive.',
  args: { paths: { count: 'many', doc: 'sources, and the target as the last one', completes: 'file' } },
  flags: {},
  examples: [
    { does: 'a folder into the work dir', line: 'sandyard cp ./app box:' },
    { does: 'and a result back', line: 'sandyard cp box:app/report.pdf .' },
    { does: 'from a pipe', line: 'pg_dump shop | sandyard cp - box:/tmp/shop.sql' },
    { does: 'a folder as an archive', line: 'sandyard cp box:/etc - | tar -t' },
  ],
  cleansUp: true,
  async run({ args, platform, screen, folder, signal }) {
    const places = args.paths.map(readPlace)
    const target = places.pop()
    const [first, ...others] = places
    if (target === undefined || first === undefined)
      throw usageError('cp needs a source and a target', 'sandyard cp FILE box:')
    if (others.length > 0 && target.kind === 'stream') throw usageError('only one source goes to standard output')
    if (target.kind === 'inside') {
      const sandbox = await (await platform()).get(target.sandbox)
      const path = others.length > 0 && !target.path.endsWith('/') ? `${target.path}/` : target.path
      for (const source of places) {
        if (source.kind === 'inside') throw usageError('both are inside: copy by way of this machine')
        if (source.kind === 'stream') await sendStream(path, { sandbox, screen, signal })
        else await send(source.path, path, folder, { sandbox, screen, signal })
      }
      return undefined
    }
    for (const source of places) {
      if (source.kind !== 'inside') throw usageError('neither is inside a sandbox', 'write box:/path for one that is')
      const sandbox = await (await platform()).get(source.sandbox)
      if (target.kind === 'stream') await fetchToStream(source.path, { sandbox, screen, signal })
      else await fetchInto(source.path, intoMany(target, others.length > 0), folder, { sandbox, screen, signal })
    }
    return undefined
  },
})

/** Several sources need a folder to go to. */
function intoMany({ path }: Place & { readonly kind: 'here' }, isMany: boolean): string {
  return isMany && !path.endsWith('/') ? `${path}/` : path
}
