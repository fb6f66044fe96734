import type { Client } from './client.ts'
import type { Secret } from './operations/secrets.ts'

export type { Secret }

export interface CreateSecretParams {
  name: string
  value: string
  description?: string
  /** hosts that get the value: `example.com`, or `*.example.com` for all names below */
  hosts?: string[]
}

/** What to change; the rest stays. */
export type UpdateSecretParams = Partial<Omit<CreateSecretParams, 'name'>>

export interface ListSecretsQuery {
  cursor?: string
  limit?: number
  /** part of the name */
  name?: string
  sort?: 'name' | 'createdAt' | 'updatedAt'
  order?: 'asc' | 'desc'
}

/** A page of secrets. */
export interface ListSecretsResponse {
  items: Secret[]
  total: number
  nextCursor: string | null
}

/** Secrets that sandboxes use without having them. */
export class SecretService {
  readonly #client: Client

  constructor(client: Client) {
    this.#client = client
  }

  /** A page; a value is never answered. */
  list(query: ListSecretsQuery = {}): Promise<ListSecretsResponse> {
    return this.#client.call('listSecretsPaginated', { query })
  }

  get(secretId: string): Promise<Secret> {
    return this.#client.call('getSecret', { params: { secretId } })
  }

  create(params: CreateSecretParams): Promise<Secret> {
    return this.#client.call('createSecret', { body: params })
  }

  /** Changes it, at once in every sandbox that has it. */
  update(secretId: string, params: UpdateSecretParams): Promise<Secret> {
    return this.#client.call('updateSecret', { params: { secretId }, body: params })
  }

  async delete(secretId: string): Promise<void> {
    await this.#client.call('deleteSecret', { params: { secretId } })
  }
}

/** Variables and the names of their secrets as the wire has them: one an entry. */
export function wireSecrets(secrets: Readonly<Record<string, string>>): Record<string, string>[] {
  return Object.entries(secrets).map(([variable, name]) => ({ [variable]: name }))
}
