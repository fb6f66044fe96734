export { isTunnel } from './forward/tunnel.ts'
export { createGateway, type Gateway, type GatewayOptions } from './gateway.ts'
export type { Log } from './log.ts'
