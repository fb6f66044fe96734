import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { PlatformError } from '@sandyard/protocol'
import { createTurns } from '../turns.ts'

/** Cost of a hash: 32 MiB, and a fifth of a second on a slow machine. */
const cost = { N: 2 ** 15, r: 8, p: 3 }
const hashBytes = 32
/** Most memory that a stored hash may ask for, bytes. */
const maxmem = 128 * 2 ** 20
/** Hashes that are made at a time, and that wait for it. */
const atOnce = 2
const waitingMost = 64

/** The hash of a password, with what it takes to check it. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const hash = await derive(password, salt, cost)
  return ['scrypt', cost.N, cost.r, cost.p, salt.toString('base64url'), hash.toString('base64url')].join('$')
}

/**
 * True when the password is the one of the hash. Where there is no hash (an unknown name, a user without a password) it
 * takes just as long and is false.
 */
export async function checkPassword(password: string, stored: string | null): Promise<boolean> {
  const { salt, hash, ...wanted } = parse(stored ?? nobody)
  const given = await derive(password, salt, wanted)
  return timingSafeEqual(given, hash) && stored !== null
}

/** True when the hash was made with another cost than hashes are now. */
export function isOutdated(stored: string): boolean {
  const { N, r, p } = parse(stored)
  return N !== cost.N || r !== cost.r || p !== cost.p
}

/** A hash of no password, of the same cost. */
const nobody = ['scrypt', cost.N, cost.r, cost.p, 'A'.repeat(22), 'A'.repeat(43)].join('$')

function parse(stored: string): { N: number; r: number; p: number; salt: Buffer; hash: Buffer } {
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
async function derive(password: string, salt: Buffer, { N, r, p }: typeof cost): Promise<Buffer> {
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
