import * as z from 'zod/mini'
import { defineRoutes } from '../route.ts'
import '../messages.ts'

/** What the agent tells of itself and of the sandbox. */
export const infoRoutes = defineRoutes({
  getVersion: {
    method: 'GET',
    path: '/version',
    summary: 'Version of the agent',
    access: 'member',
    response: z.object({ version: z.string() }),
    status: 200,
  },
  getWorkDir: {
    method: 'GET',
    path: '/work-dir',
    summary: 'Folder that relative paths start from',
    access: 'member',
    response: z.object({ dir: z.string() }),
    status: 200,
  },
  getUserHomeDir: {
    method: 'GET',
    path: '/user-home-dir',
    summary: 'Home of the sandbox user',
    access: 'member',
    response: z.object({ dir: z.string() }),
    status: 200,
  },
  getProjectDir: {
    method: 'GET',
    path: '/project-dir',
    summary: 'Home of the sandbox user, under its old name',
    access: 'member',
    response: z.object({ dir: z.string() }),
    status: 200,
  },
  getPorts: {
    method: 'GET',
    path: '/port',
    summary: 'TCP ports that something listens on',
    access: 'member',
    response: z.object({ ports: z.array(z.number()) }),
    status: 200,
  },
  isPortInUse: {
    method: 'GET',
    path: '/port/{port}/in-use',
    summary: 'Does something listen on this port',
    access: 'member',
    response: z.object({ isInUse: z.boolean() }),
    status: 200,
  },
  initialize: {
    method: 'POST',
    path: '/init',
    summary: 'Start telemetry with this token; none is built, so the call changes nothing',
    access: 'member',
    body: z.object({ token: z.string() }),
    response: z.object({ message: z.string() }),
    status: 200,
  },
  getSystemMetrics: {
    method: 'GET',
    path: '/system/metrics',
    summary: 'Use of cpu, memory and disk right now',
    access: 'member',
    response: z.object({
      cpuCount: z.number(),
      cpuUsedPct: z.number(),
      memTotal: z.number(),
      memUsed: z.number(),
      memCache: z.number(),
      diskTotal: z.number(),
      diskUsed: z.number(),
      diskFree: z.number(),
      timestamp: z.string(),
      timestampUnix: z.number(),
    }),
    status: 200,
  },
})
