import { connect, type NetConnectOpts, type Socket } from 'node:net'
import { PlatformError } from '@sandyard/protocol/errors'
import { parsePort } from '@sandyard/protocol/ids'
import { limits } from '@sandyard/protocol/limits'

/** An address in a query: a port of a host, or a unix socket. */
export type Place = { readonly host: string; readonly port: number } | { readonly path: string }

/** longest path of a unix socket, bytes */
const socketPathBytes = 107

/** Reads the address of a query. Throws BAD_REQUEST. */
export function readPlace(query: URLSearchParams, isPortChosen: boolean): Place {
  const path = query.get('path')
  if (path !== null) {
    if (!path.startsWith('/') || path.includes('\0') || Buffer.byteLength(path) > socketPathBytes) {
      throw new PlatformError('BAD_REQUEST', 'bad request: path: must be the absolute path of a unix socket')
    }
    return { path }
  }
  const host = query.get('host') ?? ''
  const text = query.get('port') ?? ''
  const port = isPortChosen && text === '0' ? 0 : parsePort(text)
  if (!/^[^\s\p{Cc}]{0,253}$/u.test(host)) throw new PlatformError('BAD_REQUEST', 'bad request: host: is no host')
  if (port === null) throw new PlatformError('BAD_REQUEST', 'bad request: port: must be 1 to 65535')
  return { host, port }
}

/** Connects to wherever the sandbox can. Throws BAD_GATEWAY with what went wrong. */
export function connectTo(place: Place): Promise<Socket> {
  const options: NetConnectOpts =
    'path' in place ? { path: place.path } : { host: place.host === '' ? 'localhost' : place.host, port: place.port }
  return new Promise((resolve, reject) => {
    const socket = connect({ ...options, allowHalfOpen: true, noDelay: true })
    const timer = setTimeout(() => socket.destroy(new Error('ETIMEDOUT')), limits.attachMs)
    const refuse = (cause: NodeJS.ErrnoException): void => {
      clearTimeout(timer)
      reject(new PlatformError('BAD_GATEWAY', `Cannot connect (${cause.code ?? cause.message})`, { cause }))
    }
    socket.once('error', refuse)
    socket.once('connect', () => {
      clearTimeout(timer)
      socket.off('error', refuse)
      resolve(socket)
    })
  })
}
