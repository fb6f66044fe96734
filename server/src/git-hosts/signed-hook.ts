import { createHmac, timingSafeEqual } from 'node:crypto'
import { digest } from '../random.ts'
import { signMessage } from '../webhooks/signature.ts'
import type { HookHost } from './events.ts'

/** A signed message may be so old or early, ms, as Standard Webhooks has it. */
const toleranceMs = 5 * 60_000
/** Longest id of a delivery that is kept as it is, characters. */
const idLength = 200

/** What the headers of a webhook say, before its body is read. */
export interface HookHead {
  readonly event: string
  /** of the delivery, the same when it comes again; null: the host has said none */
  readonly deliveryId: string | null
  readonly isForm: boolean
  /** True when the body was sent by who has the secret. */
  isSigned(secret: string, body: Uint8Array, nowMs: number): boolean
}

/** What the headers say; null where there is nothing that could prove who sent it. */
export function readHookHead(host: HookHost, headers: Headers): HookHead | null {
  const head = readers[host](headers)
  const isForm = /^application\/x-www-form-urlencoded\b/i.test(headers.get('content-type') ?? '')
  return head === null ? null : { ...head, isForm }
}

/**
 * What a delivery is remembered by: its id, and its body, as the signature says nothing of the id. Bodies have times in
 * them, so that no two events have the same.
 */
export function deliveryIdsOf({ event, deliveryId }: HookHead, body: Uint8Array): string[] {
  const ofBody = `body ${createHmac('sha256', event).update(body).digest('hex')}`
  if (deliveryId === null) return [ofBody]
  return [`id ${deliveryId.length <= idLength ? deliveryId : digest(deliveryId)}`, ofBody]
}

type Reader = (headers: Headers) => Omit<HookHead, 'isForm'> | null

const readers: Readonly<Record<HookHost, Reader>> = {
  github(headers) {
    const [, hex] = /^sha256=([0-9a-f]{64})$/i.exec(headers.get('x-hub-signature-256') ?? '') ?? []
    if (hex === undefined) return null
    return {
      event: headers.get('x-github-event') ?? '',
      deliveryId: headers.get('x-github-delivery'),
      isSigned: (secret, body) => isMac(hex, secret, body),
    }
  },

  /** Forgejo and Gogs send the same under names of their own. */
  gitea(headers) {
    const name = ['gitea', 'forgejo', 'gogs'].find((one) => headers.has(`x-${one}-signature`))
    const hex = name === undefined ? '' : (headers.get(`x-${name}-signature`) ?? '')
    if (!/^[0-9a-f]{64}$/i.test(hex)) return null
    return {
      event: headers.get(`x-${name}-event`) ?? '',
      deliveryId: headers.get(`x-${name}-delivery`),
      isSigned: (secret, body) => isMac(hex, secret, body),
    }
  },

  /** A signature as Standard Webhooks has it, where the secret is set as signing token; else the secret itself. */
  gitlab(headers) {
    const [token, signatures] = [headers.get('x-gitlab-token'), headers.get('webhook-signature')]
    if (token === null && signatures === null) return null
    const id = headers.get('webhook-id') ?? headers.get('idempotency-key')
    const timestamp = Number(headers.get('webhook-timestamp') ?? Number.NaN)
    return {
      event: headers.get('x-gitlab-event') ?? '',
      // X-Gitlab-Event-UUID is no such id: events that one has set going share it.
      deliveryId: id,
      isSigned(secret, body, nowMs) {
        if (signatures === null) return isEqual(token ?? '', secret)
        if (id === null || !(Math.abs(nowMs - timestamp * 1000) <= toleranceMs)) return false
        const expected = signMessage({ id, timestamp, body: Buffer.from(body).toString('utf8') }, [secret])
        return signatures
          .split(' ')
          .slice(0, 10)
          .some((one) => isEqual(one, expected))
      },
    }
  },
}

function isMac(hex: string, secret: string, body: Uint8Array): boolean {
  return timingSafeEqual(Buffer.from(hex, 'hex'), createHmac('sha256', secret).update(body).digest())
}

/** In a time that tells nothing of where they differ. */
function isEqual(one: string, other: string): boolean {
  const [first, second] = [one, other].map((text) => createHmac('sha256', 'compare').update(text).digest())
  return first !== undefined && second !== undefined && timingSafeEqual(first, second)
}
