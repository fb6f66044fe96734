import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestServer } from './test-server.ts'

/** A test server on a real port of loopback; gone when disposed. */
export async function listen({ server }: TestServer): Promise<{ url: string } & AsyncDisposable> {
  const http = createServer((request, response) => void server.listener(request, response))
  http.on('upgrade', (request, socket, head) => {
    if (!server.handleUpgrade(request, socket, head)) socket.destroy()
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      http.closeAllConnections()
      await new Promise((resolve) => http.close(resolve))
    },
  }
}
