import type { Duplex } from 'node:stream'
import type { ServerChannel } from 'ssh2'
import type { Link } from './link.ts'
import { Outlet } from './outlet.ts'

/** Carries bytes between a channel and a stream inside, both ways until both have ended. */
export function carry(link: Link, channel: ServerChannel, inside: Duplex): void {
  const outlet = new Outlet(link, channel)
  let hasClientEnded = false
  let hasInsideEnded = false
  const finish = (): void => {
    if (!hasClientEnded || !hasInsideEnded) return
    outlet.close()
  }
  const cut = (): void => {
    outlet.close()
    inside.destroy()
  }
  inside.once('error', cut)
  inside.on('data', (bytes: Buffer) => {
    inside.pause()
    outlet.send(bytes).then((isOpen) => (isOpen ? inside.resume() : cut()), cut)
  })
  inside.once('end', () => {
    hasInsideEnded = true
    outlet.end()
    finish()
  })
  channel.on('data', (bytes: Buffer) => {
    if (!inside.write(bytes)) channel.pause()
  })
  inside.on('drain', () => channel.resume())
  channel.once('end', () => {
    hasClientEnded = true
    inside.end()
    finish()
  })
  inside.once('close', () => {
    if (!hasInsideEnded) cut()
  })
  channel.once('finish', () => inside.destroy())
  link.onClosed(() => inside.destroy())
}
