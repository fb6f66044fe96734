import { request } from 'node:http'
import { text } from 'node:stream/consumers'

/**
 * What a preview shows, as a browser gets it. For `fetch` a resolver must know the name: on one machine previews are
 * names below `localhost`, which browsers and curl take for this machine, and Node only where the system does.
 */
export async function visit(url: string): Promise<string> {
  const { hostname } = new URL(url)
  if (!hostname.endsWith('.localhost')) return await (await fetch(url)).text()
  return await new Promise((resolve, reject) => {
    const sent = request(url, {
      lookup: (_name, options, found) =>
        options.all === true ? found(null, [{ address: '127.0.0.1', family: 4 }]) : found(null, '127.0.0.1', 4),
    })
    sent.once('error', reject)
    sent.once('response', (answer) => text(answer).then(resolve, reject))
    sent.end()
  })
}
