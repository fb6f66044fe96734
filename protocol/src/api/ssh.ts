import * as z from 'zod/mini'
import { limits } from '../limits.ts'
import { defineRoutes } from '../route.ts'
import { Sandbox } from './sandboxes.ts'

/** A token that opens a sandbox by SSH for a while (api.md, SshAccessDto). The token is shown once. */
export const SshAccess = z.object({
  id: z.string(),
  sandboxId: z.string(),
  /** 32 letters and digits; the user name of the connection */
  token: z.string(),
  /** RFC 3339, like the two below */
  expiresAt: z.string(),
  createdAt: z.string(),
  updatedAt: z.string(),
  /** what to type */
  sshCommand: z.string(),
})

const token = z.string().check(z.minLength(1), z.maxLength(limits.nameLength))

/** Query of `POST /sandbox/{id}/ssh-access`: minutes, also parts of one. */
const minutes = z.pipe(
  z.string().check(z.regex(/^\d{1,9}(\.\d{1,9})?$/, 'must be a number of minutes')),
  z.pipe(z.transform(Number), z.number().check(z.positive(), z.maximum(limits.sshAccessMinutes))),
)

/** A token that is good now, without the token. Not of the original's wire. */
export const ListedSshAccess = z.object({
  id: z.string(),
  createdAt: z.string(),
  expiresAt: z.string(),
  /** who made it; null: that is not known */
  userId: z.nullable(z.string()),
})

/** Calls on tokens for SSH (api.md 1.1). */
export const sshRoutes = defineRoutes({
  validateSshAccess: {
    method: 'GET',
    path: '/sandbox/ssh-access/validate',
    summary: 'Whether a token for SSH opens a sandbox of the organization now',
    access: 'member',
    query: z.object({ token }),
    response: z.object({ valid: z.boolean(), sandboxId: z.string() }),
    status: 200,
  },
  createSshAccess: {
    method: 'POST',
    path: '/sandbox/{sandboxIdOrName}/ssh-access',
    summary: 'Make a token for SSH; earlier ones stay valid until they expire',
    access: 'write:sandboxes',
    query: z.object({ expiresInMinutes: z.optional(minutes) }),
    response: SshAccess,
    status: 200,
  },
  listSshAccesses: {
    method: 'GET',
    path: '/sandbox/{sandboxIdOrName}/ssh-access',
    summary: 'Tokens for SSH that are good now, the newest first; the tokens themselves are not told',
    access: 'member',
    response: z.array(ListedSshAccess),
    status: 200,
  },
  revokeSshAccess: {
    method: 'DELETE',
    path: '/sandbox/{sandboxIdOrName}/ssh-access',
    summary: 'End a token for SSH, or all of the sandbox, and the connections that it has opened',
    access: 'write:sandboxes',
    query: z.object({
      token: z.optional(token),
      /** names it where the token is not at hand; not of the original's wire */
      id: z.optional(z.string().check(z.minLength(1), z.maxLength(limits.nameLength))),
    }),
    response: Sandbox,
    status: 200,
  },
})
