// HTTPS hosts for tests: `node upstream.fixture.mjs <address> <file with key and certificate>`. They answer with what they
// were sent, as JSON. Paths: /large?bytes= that many bytes, /events three events, /cut breaks off, /reset does so without
// an answer, /git/ is a repository with a branch named after who asks. An upgrade gets an echo, and its head in X-Seen.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureServer } from 'node:http2'

const [address, file] = process.argv.slice(2)
const pem = readFileSync(file)
const server = createSecureServer({ key: pem, cert: pem, allowHTTP1: true }, answer)
server.on('checkContinue', (request, response) => {
  response.writeContinue()
  answer(request, response)
})
server.on('upgrade', (request, socket) => {
  socket.on('error', () => {})
  const accept = createHash('sha1').update(
    `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`,
  )
  const head = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept.digest('base64')}\r\n`
  socket.write(`${head}X-Seen: ${request.headers.authorization ?? ''} ${request.url}\r\n\r\n`)
  socket.pipe(socket)
})

function answer(request, response) {
  const url = new URL(request.url, 'https://any')
  if (url.pathname === '/large') {
    let left = Number(url.searchParams.get('bytes'))
    response.writeHead(200, { 'content-length': left })
    const chunk = Buffer.alloc(65_536, 'x')
    const more = () => {
      while (left > 0) {
        const part = chunk.subarray(0, Math.min(left, chunk.length))
        left -= part.length
        if (!response.write(part)) return response.once('drain', more)
      }
      response.end()
    }
    return more()
  }
  if (url.pathname.startsWith('/git/')) {
    if (!request.headers.authorization) return response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end()
    const line = (text) => `${(text.length + 4).toString(16).padStart(4, '0')}${text}`
    const who = Buffer.from(request.headers.authorization.slice(6), 'base64')
      .toString()
      .replace(/[^a-z0-9]/g, '-')
    response.writeHead(200, { 'content-type': 'application/x-git-upload-pack-advertisement' })
    const refs = line(`${'1'.repeat(40)} refs/heads/${who}\0\n`)
    return response.end(`${line('# service=git-upload-pack\n')}0000${refs}0000`)
  }
  if (url.pathname === '/cut') return response.write('half', () => response.destroy())
  if (url.pathname === '/reset') return request.socket.destroy()
  if (url.pathname === '/events') {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.flushHeaders()
    let count = 0
    const timer = setInterval(() => {
      response.write(`data: ${++count}\n\n`)
      if (count === 3) response.end(clearInterval(timer))
    }, 300)
    return
  }
  const digest = createHash('sha256')
  const chunks = []
  let bytes = 0
  request.on('data', (chunk) => {
    digest.update(chunk)
    bytes += chunk.length
    if (bytes <= 4096) chunks.push(chunk)
  })
  request.on('error', () => {})
  request.on('end', () => {
    const body = JSON.stringify({
      name: request.socket.servername,
      method: request.method,
      url: request.url,
      headers: request.rawHeaders,
      body: Buffer.concat(chunks).toString('latin1'),
      bytes,
      sha256: digest.digest('hex'),
      trailers: request.rawTrailers,
      from: request.socket.remotePort,
    })
    response.writeHead(200, { 'content-type': 'application/json', 'set-cookie': ['a=1', 'b=2'] })
    response.end(body)
  })
}

server.listen(443, address, () => process.stdout.write('listening\n'))
