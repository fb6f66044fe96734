import type { Tool } from '../tool.ts'
import { codeRun, executeCommand } from './commands.ts'
import { createSandbox } from './create-sandbox.ts'
import { fileDownload } from './file-download.ts'
import { createFolder, deleteFile, fileUpload, getFileInfo, listFiles, moveFile } from './files.ts'
import { gitClone } from './git.ts'
import { previewLink } from './previews.ts'
import { destroySandbox, forkSandbox, listSandboxes, startSandbox, stopSandbox } from './sandboxes.ts'
import { killCommand, listCommands, readLogs, sendInput, startCommand } from './sessions.ts'
import { createSnapshot, listSnapshots } from './snapshots.ts'

/** Every tool. Names and arguments of the first twelve are the classic ones (runtime.md 5). */
export const tools: readonly Tool[] = [
  createSandbox,
  destroySandbox,
  executeCommand,
  previewLink,
  gitClone,
  fileUpload,
  fileDownload,
  getFileInfo,
  listFiles,
  deleteFile,
  moveFile,
  createFolder,
  listSandboxes,
  startSandbox,
  stopSandbox,
  forkSandbox,
  codeRun,
  startCommand,
  readLogs,
  sendInput,
  killCommand,
  listCommands,
  createSnapshot,
  listSnapshots,
]
