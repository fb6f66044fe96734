export type { Log, LogFields } from './log.ts'
export type { Resources, ServerConfig, ServerOptions } from './options.ts'
export { createServer, type Server } from './server.ts'
