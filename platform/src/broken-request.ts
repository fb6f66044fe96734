import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { limits, PlatformError, toErrorBody } from '@sandyard/protocol'

/** Answers what is no HTTP request, or has too long a head, with the error body that all other failures have. */
export function answerBrokenRequests(http: Server): void {
  http.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    // Another answer has begun, or nobody is there to read one.
    if (!socket.writable || socket.bytesWritten > 0) {
      socket.destroy()
      return
    }
    const context = { source: 'DAYTONA_API', method: '', path: '' } as const
    const body = toErrorBody(meaningOf(error), context)
    const text = JSON.stringify(body)
    const head = [
      `HTTP/1.1 ${body.statusCode} ${body.error}`,
      'Content-Type: application/json; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(text)}`,
      'Connection: close',
    ]
    socket.end(`${head.join('\r\n')}\r\n\r\n${text}`)
    // Time to read it: bytes that came and were not read reset the connection when it is destroyed.
    socket.setTimeout(1000, () => socket.destroy())
  })
}

function meaningOf(error: NodeJS.ErrnoException): PlatformError {
  if (error.code === 'HPE_HEADER_OVERFLOW') {
    return new PlatformError(
      'BAD_REQUEST',
      `URL and headers are together larger than ${limits.headBytes} bytes. In a browser, clear the cookies of this site`,
    )
  }
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new PlatformError('REQUEST_TIMEOUT', 'The head of the request did not come in time')
  }
  return new PlatformError('BAD_REQUEST', 'This is no HTTP request')
}
