// biome-ignore-all format: written by scripts/sdk-operations.mjs
// biome-ignore-all assist/source/organizeImports: likewise
/** Written by scripts/sdk-operations.mjs from protocol/src/api/previews.ts: change that, and run it again. */

/** What is sent and answered. */
export interface PreviewOperations {
  /** True when the caller may open private previews of the sandbox; else it is not found */
  hasSandboxAccess: {
    params: { sandboxId: string | number | boolean }
    answer: boolean
  }
}

/** Method and path; with "bytes" where the answer is no JSON. */
export const previewOperations = {
  hasSandboxAccess: 'GET /preview/{sandboxId}/access',
} as const
