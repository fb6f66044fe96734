// biome-ignore-all format: written by scripts/sdk-operations.mjs
// biome-ignore-all assist/source/organizeImports: likewise
/** Written by scripts/sdk-operations.mjs from protocol/src/api/platform.ts: change that, and run it again. */

/** What is sent and answered. */
export interface PlatformOperations {
  /** What a client needs to know of this platform */
  getConfig: {
    answer: {
      version: string
      proxyTemplateUrl: string
      proxyToolboxUrl: string
      [name: string]: unknown
    }
  }
  /** Answers when the platform is ready */
  getHealth: {
    answer: {
      status: string
    }
  }
}

/** Method and path; with "bytes" where the answer is no JSON. */
export const platformOperations = {
  getConfig: 'GET /config',
  getHealth: 'GET /health',
} as const
