import { isPlatformError, networkOf, PlatformError } from '@sandyard/protocol'
import type { UserRecord, UserStore } from '../store/users.ts'
import { type BrakeRule, createBrake } from './brake.ts'
import type { Passwords } from './password.ts'

/** Guesses at one name: a minute between them at most, so that nobody can be locked out for long. */
const nameRule: BrakeRule = { free: 5, longestMs: 60_000 }
/** Guesses from one address. */
const addressRule: BrakeRule = { free: 20, longestMs: 15 * 60_000 }
/** Names with addresses that have signed in, remembered at a time. */
const keptPairs = 10_000

/** Checks passwords. */
export type Login = ReturnType<typeof createLogin>

/** Makes the check of passwords, with its brake on guessing. */
export function createLogin(
  users: Pick<UserStore, 'byLogin' | 'setPasswordHash'>,
  passwords: Passwords,
  clock: () => number,
) {
  const brake = createBrake(clock)
  /** where people have signed in: others who guess at their name do not keep them out there */
  const known = new Set<string>()

  async function guarded(name: string, address: string, check: () => Promise<boolean>): Promise<void> {
    const network = networkOf(address)
    const pair = `${name} ${network}`
    const nameKey = known.has(pair) ? `pair ${pair}` : `name ${name}`
    brake.begin(`address ${network}`, addressRule)
    brake.begin(nameKey, nameRule)
    if (!(await check())) throw new PlatformError('UNAUTHORIZED', 'Invalid credentials')
    brake.succeeded(`address ${network}`, false)
    brake.succeeded(nameKey, true)
    known.add(pair)
    if (known.size > keptPairs) known.delete(known.values().next().value ?? '')
  }

  return {
    /** The user of a name and password. Throws UNAUTHORIZED, whichever is wrong, and TOO_MANY_REQUESTS. */
    async byPassword(typed: { login: string; password: string }, address: string): Promise<UserRecord> {
      const login = typed.login.toLowerCase()
      let user: UserRecord | undefined
      await guarded(login, address, async () => {
        user = await users.byLogin(login)
        return passwords.check(typed.password, user?.passwordHash ?? null)
      })
      if (user === undefined) throw new PlatformError('UNAUTHORIZED', 'Invalid credentials')
      if (user.passwordHash !== null && passwords.isOutdated(user.passwordHash)) {
        await users.setPasswordHash(user.id, await passwords.hash(typed.password))
      }
      return user
    },

    /** Checks the password of a user who is signed in. Throws FORBIDDEN, and TOO_MANY_REQUESTS. */
    async confirm(user: UserRecord, password: string, address: string): Promise<void> {
      const name = user.login ?? user.id
      await guarded(name, address, () => passwords.check(password, user.passwordHash)).catch((error: unknown) => {
        throw isPlatformError(error) && error.code === 'UNAUTHORIZED'
          ? new PlatformError('FORBIDDEN', 'The current password is not right')
          : error
      })
    },
  }
}
