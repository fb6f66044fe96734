export { isTunnel } from './forward/tunnel.ts'
export { createGateway, type Gateway, type GatewayOptions } from './gateway.ts'
export type { Clock, Log } from './surroundings.ts'
