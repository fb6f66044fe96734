// biome-ignore-all format: written by scripts/sdk-operations.mjs
// biome-ignore-all assist/source/organizeImports: likewise
/** Written by scripts/sdk-operations.mjs from protocol/src/toolbox/variables.ts: change that, and run it again. */

/** What is sent and answered. */
export interface VariableOperations {
  /** Change the environment of commands started from now on */
  updateEnv: {
    body: {
      set?: Readonly<Record<string, string>> | null | undefined
      unset?: readonly string[] | null | undefined
      unsetValuePrefix?: string | null | undefined
    }
    answer: Record<string, string>
  }
}

/** Method and path; with "bytes" where the answer is no JSON. */
export const variableOperations = {
  updateEnv: 'POST /env',
} as const
