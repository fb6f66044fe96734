import type { ToolPlan } from './tool.ts'

/** Takes the place of OpenCode's own, whose language servers would look at files of the host. */
export const lsp: ToolPlan = {
  description: 'Not available for files of a sandbox: use grep to find definitions and uses.',
  args: {
    operation: { type: 'string' },
    filePath: { type: 'string' },
    line: { type: ['integer', 'null'] },
    character: { type: ['integer', 'null'] },
  },
  required: [],
  check: refuse,
  run: refuse,
}

function refuse(): never {
  throw new Error('Language servers are not available for files of a sandbox. Use grep to find definitions and uses.')
}
