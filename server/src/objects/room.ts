import { limits } from '@sandyard/protocol'
import { S3Error } from './s3-error.ts'

/** What an organization keeps, parts of uploads included. */
export interface Kept {
  bytes: number
  objects: number
}

/** Keeps what organizations put within their limits, also while many of their calls are under way. */
export interface Room {
  /**
   * Takes the room of a body and one of the places for uploads, before any of it is read; `release` gives both back. Throws
   * EntityTooLarge, QuotaExceeded, or SlowDown when too many are under way.
   */
  reserve(organizationId: string, want: { readonly bytes: number; readonly isObject: boolean }): { release(): void }
  /** Notes what came or went. */
  note(organizationId: string, change: Kept): void
  /** Forgets what was counted of those who do nothing now: it is counted again when it matters. */
  forget(): void
}

interface Account {
  readonly kept: Kept
  readonly reserved: Kept
  calls: number
}

/** @param count counts what an organization keeps, when it is first asked for */
export function createRoom(count: (organizationId: string) => Kept): Room {
  const accounts = new Map<string, Account>()
  let calls = 0

  function accountOf(organizationId: string): Account {
    const known = accounts.get(organizationId)
    if (known !== undefined) return known
    const account = { kept: count(organizationId), reserved: { bytes: 0, objects: 0 }, calls: 0 }
    accounts.set(organizationId, account)
    return account
  }

  return {
    reserve(organizationId, { bytes, isObject }) {
      if (bytes > limits.objectBytes)
        throw new S3Error('EntityTooLarge', `Your proposed upload is larger than ${limits.objectBytes} bytes`)
      const account = accountOf(organizationId)
      if (account.calls >= limits.objectUploads || calls >= limits.objectUploadsOfAll) {
        throw new S3Error('SlowDown', 'Too many uploads at a time; please try again')
      }
      const objects = isObject ? 1 : 0
      const { kept, reserved } = account
      if (kept.bytes + reserved.bytes + bytes > limits.objectBytesOfOrganization) {
        throw new S3Error(
          'QuotaExceeded',
          `The contexts of the organization would take more than ${limits.objectBytesOfOrganization} bytes`,
        )
      }
      if (kept.objects + reserved.objects + objects > limits.objectCount) {
        throw new S3Error('QuotaExceeded', `The organization has ${limits.objectCount} contexts already`)
      }
      reserved.bytes += bytes
      reserved.objects += objects
      account.calls += 1
      calls += 1
      let isReleased = false
      return {
        release() {
          if (isReleased) return
          isReleased = true
          reserved.bytes -= bytes
          reserved.objects -= objects
          account.calls -= 1
          calls -= 1
        },
      }
    },
    note(organizationId, { bytes, objects }) {
      const account = accounts.get(organizationId)
      if (account === undefined) return
      account.kept.bytes += bytes
      account.kept.objects += objects
    },
    forget() {
      for (const [organizationId, account] of accounts) if (account.calls === 0) accounts.delete(organizationId)
    },
  }
}
