// biome-ignore-all format: written by scripts/sdk-operations.mjs
// biome-ignore-all assist/source/organizeImports: likewise
/** Written by scripts/sdk-operations.mjs from protocol/src/toolbox/info.ts: change that, and run it again. */

/** What is sent and answered. */
export interface InfoOperations {
  /** Version of the agent */
  getVersion: {
    answer: {
      version: string
    }
  }
  /** Folder that relative paths start from */
  getWorkDir: {
    answer: {
      dir: string
    }
  }
  /** Home of the sandbox user */
  getUserHomeDir: {
    answer: {
      dir: string
    }
  }
  /** Home of the sandbox user, under its old name */
  getProjectDir: {
    answer: {
      dir: string
    }
  }
  /** TCP ports that something listens on */
  getPorts: {
    answer: {
      ports: number[]
    }
  }
  /** Does something listen on this port */
  isPortInUse: {
    params: { port: string | number | boolean }
    answer: {
      isInUse: boolean
    }
  }
  /** Start telemetry with this token; none is built, so the call changes nothing */
  initialize: {
    body: {
      token: string
    }
    answer: {
      message: string
    }
  }
  /** Use of cpu, memory and disk right now */
  getSystemMetrics: {
    answer: {
      cpuCount: number
      cpuUsedPct: number
      memTotal: number
      memUsed: number
      memCache: number
      diskTotal: number
      diskUsed: number
      diskFree: number
      timestamp: string
      timestampUnix: number
    }
  }
}

/** Method and path; with "bytes" where the answer is no JSON. */
export const infoOperations = {
  getVersion: 'GET /version',
  getWorkDir: 'GET /work-dir',
  getUserHomeDir: 'GET /user-home-dir',
  getProjectDir: 'GET /project-dir',
  getPorts: 'GET /port',
  isPortInUse: 'GET /port/{port}/in-use',
  initialize: 'POST /init',
  getSystemMetrics: 'GET /system/metrics',
} as const
