import * as z from 'zod/mini'
import { limits } from '../limits.ts'
import { returnAddress } from '../preview.ts'
import { defineRoutes } from '../route.ts'
import { newPassword, personName, User } from './users.ts'
import '../messages.ts'

/** A password as it is typed; what is too long is refused before it costs anything. */
const typedPassword = z.string().check(z.minLength(1), z.maxLength(limits.passwordLongest))

/** A session: `token` is the bearer of the calls that follow. */
export const SignInSession = z.object({
  token: z.string(),
  /** of the token; `POST /auth/refresh` answers another one before that */
  expiresAt: z.string(),
  /** of the session; no refresh goes past it */
  endsAt: z.string(),
  user: User,
})

/** Signing in and out of users. These rows are ours: the wire leaves them to an OIDC issuer. */
export const authRoutes = defineRoutes({
  login: {
    method: 'POST',
    path: '/auth/login',
    summary: 'Sign in with a password',
    access: 'public',
    body: z.object({
      login: personName,
      password: typedPassword,
    }),
    response: SignInSession,
    status: 200,
  },
  tokenLogin: {
    method: 'POST',
    path: '/auth/token-login',
    summary: 'Sign in with a token that works once: of the first start, an administrator, or a sign-in by OIDC',
    access: 'public',
    body: z.object({ token: z.string().check(z.minLength(1), z.maxLength(200)) }),
    response: SignInSession,
    status: 200,
  },
  refreshSession: {
    method: 'POST',
    path: '/auth/refresh',
    summary: 'Another token for this session; the one that asks stops working',
    access: 'user',
    response: SignInSession,
    status: 200,
  },
  logout: {
    method: 'POST',
    path: '/auth/logout',
    summary: 'End this session, or all of the user with everywhere; their tokens stop working at once',
    access: 'user',
    body: z.object({ everywhere: z.optional(z.boolean()) }),
    isBodyOptional: true,
    status: 204,
  },
  changePassword: {
    method: 'POST',
    path: '/auth/password',
    summary: 'Choose a password; all other sessions of the user end',
    access: 'user',
    body: z.object({ currentPassword: z.optional(typedPassword), newPassword }),
    status: 204,
  },
  oidcLogin: {
    method: 'GET',
    path: '/auth/oidc/login',
    summary: 'Send a browser to the OIDC issuer to sign in, and then to the preview that it wanted',
    access: 'public',
    query: z.object({ to: z.optional(z.string().check(z.regex(returnAddress))) }),
    isRedirect: true,
    status: 302,
  },
  oidcCallback: {
    method: 'GET',
    path: '/auth/oidc/callback',
    summary: 'Where the OIDC issuer sends the browser back to; leads to the start page with a token for token-login',
    access: 'public',
    isRedirect: true,
    status: 302,
  },
})
