// biome-ignore-all format: written by scripts/sdk-operations.mjs
// biome-ignore-all assist/source/organizeImports: likewise
/** Written by scripts/sdk-operations.mjs from protocol/src/api/build-info.ts: change that, and run it again. */

export interface BuildInfo {
  dockerfileContent: string
  contextHashes: string[]
  createdAt: string
  updatedAt: string
  snapshotRef: string
}

export interface WantedBuild {
  dockerfileContent: string
  contextHashes?: string[]
}

export interface WantedBuildInput {
  dockerfileContent: string
  contextHashes?: readonly string[] | undefined
}
