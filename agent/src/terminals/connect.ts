import { Environment } from '@sandyard/protocol/environment'
import { PlatformError } from '@sandyard/protocol/errors'
import { limits } from '@sandyard/protocol/limits'
import { describeIssues } from '@sandyard/protocol/route'
import { terminalRoutes } from '@sandyard/protocol/toolbox/terminals'
import type { Upgrade, Upgrades } from '../http/upgrades.ts'
import { createAcceptor, offeredProtocols } from '../http/web-socket.ts'
import type { Terminals } from './terminals.ts'
import { Viewer } from './viewer.ts'

const accept = createAcceptor(limits.terminalInputBytes)

const exitProtocol = 'x-daytona-pty-exit-control'
const environmentPrefix = 'x-daytona-pty-envs~'

/** Adds the WebSockets of terminals. What is wrong is answered before the upgrade. */
export function addTerminalSockets(upgrades: Upgrades, terminals: Terminals): void {
  upgrades.add(terminalRoutes.connectPtySession, async (upgrade) => {
    const terminal = terminals.get(upgrade.params.sessionId)
    await terminal.start()
    terminal.checkRoom()
    await terminal.attach(await open(upgrade), upgrade.query.replay === 'true')
  })
  upgrades.add(terminalRoutes.createConnectPtySession, async (upgrade) => {
    const { socket } = upgrade
    const envs = readEnvironment(offeredProtocols(upgrade))
    const terminal = await terminals.create({ ...upgrade.query, envs })
    // A caller that leaves before it is connected, or cannot be, does not know that there is a terminal.
    const abandon = (): void => void terminal.kill()
    socket.once('close', abandon)
    if (socket.destroyed) return abandon()
    const viewer = await open(upgrade)
    socket.off('close', abandon)
    if (!(await terminal.attach(viewer, false))) abandon()
  })
}

async function open(upgrade: Upgrade<never>): Promise<Viewer> {
  const wantsExit = offeredProtocols(upgrade).some((token) => token.toLowerCase() === exitProtocol)
  return new Viewer(await accept(upgrade), wantsExit)
}

/** Variables that come as a subprotocol, as browsers can set no header. */
function readEnvironment(offered: readonly string[]): Readonly<Record<string, string>> {
  const token = offered.find((text) => text.toLowerCase().startsWith(environmentPrefix))
  if (token === undefined) return {}
  const parsed = Environment.safeParse(decode(token.slice(environmentPrefix.length)))
  if (!parsed.success) throw new PlatformError('BAD_REQUEST', `bad request: envs: ${describeIssues(parsed.error)}`)
  return parsed.data
}

function decode(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))
  } catch (cause) {
    throw new PlatformError('BAD_REQUEST', 'bad request: envs: must be JSON in base64url', { cause })
  }
}
