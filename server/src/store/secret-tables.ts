/** What the store has of secrets. */
export interface SecretTables {
  secrets: SecretTable
  /** the secrets of `sandboxes.secrets` again, one a row */
  sandboxSecrets: { sandboxId: string; secretId: string }
  /** sandboxes whose engine does not know of their secrets as they are now; `revision` counts what it has missed */
  untoldSecrets: { sandboxId: string; revision: number }
}

/** A secret of an organization. */
export interface SecretTable {
  id: string
  organizationId: string
  name: string
  /** lower case, for search */
  nameFolded: string
  description: string | null
  /** sealed; see Cipher */
  value: string
  /** stands for it inside of sandboxes */
  placeholder: string
  /** JSON array; see SecretUse */
  hosts: string
  createdAtMs: number
  updatedAtMs: number
}
