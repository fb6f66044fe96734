import * as z from 'zod/mini'
import { limits } from '../limits.ts'
import { defineRoutes } from '../route.ts'
import '../messages.ts'
import { pageQuery } from '../paging.ts'

/** A user as the API shows one (api.md appendix User); `role` is ours. */
export const User = z.object({
  id: z.string(),
  name: z.string(),
  /** empty when none is known */
  email: z.string(),
  emailVerified: z.boolean(),
  role: z.enum(['admin', 'user']),
  publicKeys: z.array(z.unknown()),
  createdAt: z.string(),
  /** name for the sign-in by password; null: the user signs in at the OIDC issuer. Not of the original's wire. */
  login: z.nullable(z.string()),
})

/** A name for people: one line of text. */
export const personName = z
  .string()
  .check(z.trim(), z.minLength(1), z.maxLength(limits.nameLength), z.regex(/^\P{Cc}*$/u, 'must be one line of text'))

/** An email address: one `@` with something on both sides; folded to lower case. */
export const emailAddress = z
  .string()
  .check(
    z.trim(),
    z.toLowerCase(),
    z.maxLength(limits.emailLength),
    z.regex(/^[^\s\p{Cc}@<>"]+@[^\s\p{Cc}@<>"]+$/u, 'must be an email address'),
  )

/** A password that somebody chooses. */
export const newPassword = z.string().check(z.minLength(limits.passwordShortest), z.maxLength(limits.passwordLongest))

/** The id of a user whom an administrator makes. */
const userId = z
  .string()
  .check(z.regex(/^[A-Za-z0-9][A-Za-z0-9._|@+-]{0,99}$/, 'must be at most 100 letters, digits and ._|@+-'))

/** Users (api.md 1.7, 1.13). */
export const userRoutes = defineRoutes({
  getAuthenticatedUser: {
    method: 'GET',
    path: '/users/me',
    summary: 'The user who calls',
    access: 'user',
    response: User,
    status: 200,
  },
  adminCreateUser: {
    method: 'POST',
    path: '/admin/users',
    summary: 'Make a user with an organization named Personal',
    access: 'admin',
    body: z.object({
      id: z.optional(userId),
      name: personName,
      email: z.optional(emailAddress),
      emailVerified: z.optional(z.boolean()),
      role: z.optional(z.enum(['admin', 'user'])),
      password: z.optional(newPassword),
      oidcSubject: z.optional(z.string().check(z.minLength(1), z.maxLength(limits.nameLength))),
      personalOrganizationDefaultRegionId: z.optional(z.string()),
    }),
    response: User,
    status: 201,
  },
  adminListUsers: {
    method: 'GET',
    path: '/admin/users',
    summary: 'Users of the platform, the oldest first',
    access: 'admin',
    query: z.object({
      ...pageQuery,
    }),
    response: z.array(User),
    status: 200,
  },
  adminGetUser: {
    method: 'GET',
    path: '/admin/users/{id}',
    summary: 'One user',
    access: 'admin',
    response: User,
    status: 200,
  },
  adminCreateLoginToken: {
    method: 'POST',
    path: '/admin/users/{id}/login-token',
    summary: 'Make a token that signs this user in once, to choose a password',
    access: 'admin',
    response: z.object({ token: z.string(), expiresAt: z.string() }),
    status: 201,
  },
})
