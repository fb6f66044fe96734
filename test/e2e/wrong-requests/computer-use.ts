import { computerUseRoutes } from '@sandyard/protocol'
import type { Entry } from './wrong.ts'

/** Every call of computer use says that it is not built. */
export const wrongComputerUseRequests: Readonly<Record<string, Entry>> = Object.fromEntries(
  Object.keys(computerUseRoutes).map((id) => [id, { wrong: [{ status: 501, message: /not built/ }] }]),
)
