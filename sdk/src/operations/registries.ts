// biome-ignore-all format: written by scripts/sdk-operations.mjs
// biome-ignore-all assist/source/organizeImports: likewise
/** Written by scripts/sdk-operations.mjs from protocol/src/api/registries.ts: change that, and run it again. */

export interface DockerRegistry {
  id: string
  name: string
  url: string
  username: string
  project: string
  registryType: 'organization'
  createdAt: string
  updatedAt: string
}

/** What is sent and answered. */
export interface RegistryOperations {
  /** Refused always: there is no registry to push to, images are pulled from one or built */
  getTransientPushAccess: {
    query?: {
      regionId?: string | number | boolean | undefined
    }
    answer: {
      statusCode: 501
      message: string
    }
  }
  /** Keep a login at an image registry */
  createRegistry: {
    body: {
      name: string
      url: string
      username: string
      project?: string | null | undefined
      password: string
    }
    answer: DockerRegistry
  }
  /** Logins of the organization, the oldest first */
  listRegistries: {
    answer: DockerRegistry[]
  }
  /** One login */
  getRegistry: {
    params: { id: string | number | boolean }
    answer: DockerRegistry
  }
  /** Change a login; without a password the old one stays, which another host does not get */
  updateRegistry: {
    params: { id: string | number | boolean }
    body: {
      name?: string | undefined
      url?: string | undefined
      username?: string | undefined
      project?: string | null | undefined
      password?: string | undefined
    }
    answer: DockerRegistry
  }
  /** Forget a login; what was pulled with it stays */
  deleteRegistry: {
    params: { id: string | number | boolean }
    answer: undefined
  }
}

/** Method and path; with "bytes" where the answer is no JSON. */
export const registryOperations = {
  getTransientPushAccess: 'GET /docker-registry/registry-push-access',
  createRegistry: 'POST /docker-registry',
  listRegistries: 'GET /docker-registry',
  getRegistry: 'GET /docker-registry/{id}',
  updateRegistry: 'PATCH /docker-registry/{id}',
  deleteRegistry: 'DELETE /docker-registry/{id}',
} as const
