// biome-ignore-all format: written by scripts/sdk-operations.mjs
// biome-ignore-all assist/source/organizeImports: likewise
/** Written by scripts/sdk-operations.mjs from protocol/src/api/users.ts: change that, and run it again. */

export interface User {
  id: string
  name: string
  email: string
  emailVerified: boolean
  role: 'admin' | 'user'
  publicKeys: unknown[]
  createdAt: string
  login: string | null
}

/** What is sent and answered. */
export interface UserOperations {
  /** The user who calls */
  getAuthenticatedUser: {
    answer: User
  }
  /** Make a user with an organization named Personal */
  adminCreateUser: {
    body: {
      id?: string | undefined
      name: string
      email?: string | undefined
      emailVerified?: boolean | undefined
      role?: 'admin' | 'user' | undefined
      password?: string | undefined
      oidcSubject?: string | undefined
      personalOrganizationDefaultRegionId?: string | undefined
    }
    answer: User
  }
  /** Users of the platform, the oldest first */
  adminListUsers: {
    query?: {
      page?: string | number | boolean | undefined
      limit?: string | number | boolean | undefined
    }
    answer: User[]
  }
  /** One user */
  adminGetUser: {
    params: { id: string | number | boolean }
    answer: User
  }
  /** Make a token that signs this user in once, to choose a password */
  adminCreateLoginToken: {
    params: { id: string | number | boolean }
    answer: {
      token: string
      expiresAt: string
    }
  }
}

/** Method and path; with "bytes" where the answer is no JSON. */
export const userOperations = {
  getAuthenticatedUser: 'GET /users/me',
  adminCreateUser: 'POST /admin/users',
  adminListUsers: 'GET /admin/users',
  adminGetUser: 'GET /admin/users/{id}',
  adminCreateLoginToken: 'POST /admin/users/{id}/login-token',
} as const
