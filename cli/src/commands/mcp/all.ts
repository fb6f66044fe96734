import type { Command } from '../../command.ts'
import { mcpConfig } from './config.ts'
import { mcpInit } from './init.ts'
import { mcpStart } from './start.ts'

/** Commands for agents. */
export const mcpCommands: readonly Command[] = [mcpInit, mcpConfig, mcpStart]
