// biome-ignore-all format: written by scripts/sdk-operations.mjs
// biome-ignore-all assist/source/organizeImports: likewise
/** Written by scripts/sdk-operations.mjs from protocol/src/api/auth.ts: change that, and run it again. */

import type { User } from './users.ts'

export interface SignInSession {
  token: string
  expiresAt: string
  endsAt: string
  user: User
}

/** What is sent and answered. */
export interface AuthOperations {
  /** Sign in with a password */
  login: {
    body: {
      login: string
      password: string
    }
    answer: SignInSession
  }
  /** Sign in with a token that works once: of the first start, an administrator, or a sign-in by OIDC */
  tokenLogin: {
    body: {
      token: string
    }
    answer: SignInSession
  }
  /** Another token for this session; the one that asks stops working */
  refreshSession: {
    answer: SignInSession
  }
  /** End this session, or all of the user with everywhere; their tokens stop working at once */
  logout: {
    body?: {
      everywhere?: boolean | undefined
    }
    answer: undefined
  }
  /** Choose a password; all other sessions of the user end */
  changePassword: {
    body: {
      currentPassword?: string | undefined
      newPassword: string
    }
    answer: undefined
  }
  /** Send a browser to the OIDC issuer to sign in, and then to the preview that it wanted */
  oidcLogin: {
    query?: {
      to?: string | number | boolean | undefined
    }
    answer: undefined
  }
  /** Where the OIDC issuer sends the browser back to; leads to the start page with a token for token-login */
  oidcCallback: {
    answer: undefined
  }
}

/** Method and path; with "bytes" where the answer is no JSON. */
export const authOperations = {
  login: 'POST /auth/login',
  tokenLogin: 'POST /auth/token-login',
  refreshSession: 'POST /auth/refresh',
  logout: 'POST /auth/logout',
  changePassword: 'POST /auth/password',
  oidcLogin: 'GET /auth/oidc/login',
  oidcCallback: 'GET /auth/oidc/callback',
} as const
