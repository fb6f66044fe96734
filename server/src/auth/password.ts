import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { PlatformError } from '@sandyard/protocol'
import { createTurns } from '../turns.ts'

/** What a hash costs to make: the parameters of scrypt. */
export interface PasswordCost {
  readonly N: number
  readonly r: number
  readonly p: number
}

/** Cost of a hash: 32 MiB, and a fifth of a second on a slow machine. */
const defaultCost: PasswordCost = { N: 2 ** 15, r: 8, p: 3 }
const hashBytes = 32
/** Most memory that a stored hash may ask for, bytes. */
const maxmem = 128 * 2 ** 20
/** Hashes that are made at a time, and that wait for it. */
const atOnce = 2
const waitingMost = 64

/** Makes and checks hashes of passwords. */
export interface Passwords {
  /** The hash of a password, with what it takes to check it. */
  hash(password: string): Promise<string>
  /**
   * True when the password is the one of the hash. Where there is no hash (an unknown name, a user without a password)
   * it takes just as long and is false.
   */
  check(password: string, stored: string | null): Promise<boolean>
  /** True when the hash was made with another cost than hashes are now. */
  isOutdated(stored: string): boolean
}

/** Makes the maker of hashes. */
export function createPasswords(cost: PasswordCost = defaultCost): Passwords {
  const { N, r, p } = cost
  /** A hash of no password, of the same cost. */
  const nobody = ['scrypt', N, r, p, 'A'.repeat(22), 'A'.repeat(43)].join('$')
  return {
    async hash(password) {
      const salt = randomBytes(16)
      const hash = await derive(password, salt, cost)
      return ['scrypt', N, r, p, salt.toString('base64url'), hash.toString('base64url')].join('$')
    },
    async check(password, stored) {
      const { salt, hash, ...wanted } = parse(stored ?? nobody)
      const given = await derive(password, salt, wanted)
      return timingSafeEqual(given, hash) && stored !== null
    },
    isOutdated(stored) {
      const used = parse(stored)
      return used.N !== N || used.r !== r || used.p !== p
    },
  }
}

function parse(stored: string): PasswordCost & { salt: Buffer; hash: Buffer } {
  const [kind, N, r, p, salt = '', hash = ''] = stored.split('$')
  if (kind !== 'scrypt') throw new Error('A password hash of an unknown kind is in the store')
  return {
    N: Number(N),
    r: Number(r),
    p: Number(p),
    salt: Buffer.from(salt, 'base64url'),
    hash: Buffer.from(hash, 'base64url'),
  }
}

const turns = createTurns(atOnce)

/** Makes a hash when its turn comes: memory and threads stay bounded. Throws SERVICE_UNAVAILABLE when too many wait. */
async function derive(password: string, salt: Buffer, { N, r, p }: PasswordCost): Promise<Buffer> {
  if (turns.waiting() >= waitingMost) {
    throw new PlatformError('SERVICE_UNAVAILABLE', 'Too many sign-ins at once; try again in a moment')
  }
  await turns.take()
  try {
    return await new Promise((resolve, reject) =>
      // Keyboards write one letter in different ways; all of them are the same password.
      scrypt(password.normalize('NFKC'), salt, hashBytes, { N, r, p, maxmem }, (error, hash) =>
        error === null ? resolve(hash) : reject(error),
      ),
    )
  } finally {
    turns.end()
  }
}
