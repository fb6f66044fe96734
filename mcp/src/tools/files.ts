import { limits } from '@sandyard/protocol'
import { DaytonaError, type FileInfo, type Sandbox } from '@sandyard/sdk'
import { z } from 'zod'
import { path, sandboxId } from '../arguments.ts'
import { ToolError } from '../failure.ts'
import { counted, cutMiddle } from '../texts.ts'
import { adds, defineTool, destroys, reads, settles } from '../tool.ts'

const fileInfo = z.object({
  name: z.string(),
  isDir: z.boolean(),
  size: z.number().describe('bytes'),
  permissions: z.string().describe('octal, such as 0644'),
  owner: z.string(),
  group: z.string(),
  modifiedAt: z.string(),
})
const done = z.object({ path: z.string() })
/** entries of a folder that are answered at once */
const mostEntries = 300

export const fileUpload = defineTool({
  name: 'file_upload',
  title: 'Write a file',
  description: `Writes a file in a sandbox, with the folders that lead there; at most ${limits.mcpFileBytes / 1024} KiB. Larger ones are fetched inside, with execute_command and curl, or git_clone.`,
  input: z.strictObject({
    id: sandboxId,
    filePath: path('Where to write it'),
    content: z.string().describe('All of the file, as `encoding` says'),
    encoding: z.enum(['text', 'base64']).default('text').describe('base64 is for bytes that are no text'),
    overwrite: z.boolean().default(false).describe('true: replaces a file that is there; else that is an error'),
  }),
  output: z.object({ path: z.string(), bytes: z.number() }),
  annotations: destroys,
  async run({ id, filePath, content, encoding, overwrite }, { platform, signal }) {
    const bytes = encoding === 'text' ? Buffer.from(content, 'utf8') : fromBase64(content)
    if (bytes.length > limits.mcpFileBytes)
      throw new ToolError(
        `content has ${bytes.length} bytes, more than ${limits.mcpFileBytes}`,
        'Fetch large files inside of the sandbox, or write them in pieces with execute_command.',
      )
    const sandbox = await platform.get(id)
    if (!overwrite && (await exists(sandbox, filePath)))
      throw new ToolError(`filePath ${filePath} is there already`, 'Give overwrite: true to replace it.')
    signal.throwIfAborted()
    await sandbox.fs.writeFile(filePath, bytes)
    return {
      text: `Wrote ${counted(bytes.length, 'byte')} to ${filePath}.`,
      structured: { path: filePath, bytes: bytes.length },
    }
  },
})

export const getFileInfo = defineTool({
  name: 'get_file_info',
  title: 'Look at a file',
  description: 'Answers size, owner, permissions and time of a file or folder in a sandbox.',
  input: z.strictObject({ id: sandboxId, filePath: path('The file or folder') }),
  output: z.object({ file: fileInfo }),
  annotations: reads,
  async run({ id, filePath }, { platform, signal }) {
    const sandbox = await platform.get(id)
    const file = infoOf(await sandbox.toolbox.call('getFileInfo', { query: { path: filePath } }, { signal }))
    return { text: lineOf(file), structured: { file } }
  },
})

export const listFiles = defineTool({
  name: 'list_files',
  title: 'List a folder',
  description: `Lists what is in a folder of a sandbox, sorted by name; at most ${mostEntries} entries.`,
  input: z.strictObject({ id: sandboxId, path: path('The folder').default('.') }),
  output: z.object({ files: z.array(fileInfo), missing: z.number().describe('entries that are not listed') }),
  annotations: reads,
  async run({ id, path: folder }, { platform, signal }) {
    const sandbox = await platform.get(id)
    const all = await sandbox.toolbox.call('listFiles', { query: { path: folder } }, { signal })
    const files = all.slice(0, mostEntries).map(infoOf)
    const missing = all.length - files.length
    const { text } = cutMiddle(files.map(lineOf).join('\n'))
    const more = missing === 0 ? '' : `\n(${missing} more; execute_command with find or ls shows a part of them)`
    return { text: files.length === 0 ? 'The folder is empty.' : `${text}${more}`, structured: { files, missing } }
  },
})

export const deleteFile = defineTool({
  name: 'delete_file',
  title: 'Delete a file',
  description: 'Deletes a file of a sandbox, or a folder with all that is in it, for good.',
  input: z.strictObject({ id: sandboxId, filePath: path('The file or folder') }),
  output: done,
  annotations: destroys,
  async run({ id, filePath }, { platform, signal }) {
    const sandbox = await platform.get(id)
    await sandbox.toolbox.call('deleteFile', { query: { path: filePath, recursive: true } }, { signal })
    return { text: `Deleted ${filePath}.`, structured: { path: filePath } }
  },
})

export const moveFile = defineTool({
  name: 'move_file',
  title: 'Move a file',
  description: 'Moves or renames a file or folder inside of a sandbox.',
  input: z.strictObject({
    id: sandboxId,
    sourcePath: path('What to move'),
    destPath: path('Where it is to be afterwards, with its name'),
  }),
  output: done,
  annotations: { ...destroys, idempotentHint: false },
  async run({ id, sourcePath, destPath }, { platform, signal }) {
    const sandbox = await platform.get(id)
    const query = { source: sourcePath, destination: destPath }
    await sandbox.toolbox.call('moveFile', { query }, { signal })
    return { text: `Moved ${sourcePath} to ${destPath}.`, structured: { path: destPath } }
  },
})

export const createFolder = defineTool({
  name: 'create_folder',
  title: 'Make a folder',
  description: 'Makes a folder in a sandbox, with those that lead there.',
  input: z.strictObject({
    id: sandboxId,
    folderPath: path('The folder'),
    mode: z
      .string()
      .regex(/^[0-7]{3,4}$/, 'must be octal permissions, such as 755')
      .default('755')
      .describe('Octal permissions'),
  }),
  output: done,
  annotations: { ...settles, ...adds, idempotentHint: true },
  async run({ id, folderPath, mode }, { platform, signal }) {
    const sandbox = await platform.get(id)
    await sandbox.toolbox.call('createFolder', { query: { path: folderPath, mode } }, { signal })
    return { text: `Made ${folderPath}.`, structured: { path: folderPath } }
  },
})

function infoOf({ name, path: found, isDir, size, permissions, owner, group, modifiedAt }: FileInfo) {
  return { name: found ?? name, isDir, size, permissions, owner, group, modifiedAt }
}

function lineOf({ name, isDir, size, permissions, owner, group, modifiedAt }: z.output<typeof fileInfo>): string {
  const what = isDir ? 'folder' : counted(size, 'byte')
  return `${name}${isDir ? '/' : ''}: ${what}, ${permissions} ${owner}:${group}, ${modifiedAt}`
}

async function exists(sandbox: Sandbox, filePath: string): Promise<boolean> {
  try {
    await sandbox.fs.getFileDetails(filePath)
    return true
  } catch (error) {
    if (error instanceof DaytonaError && error.statusCode === 404) return false
    throw error
  }
}

function fromBase64(text: string): Buffer {
  const plain = text.replace(/\s+/g, '')
  if (plain.length % 4 === 1 || !/^[A-Za-z0-9+/_-]*={0,2}$/.test(plain))
    throw new ToolError('content is not base64', 'Encode the bytes as base64, or give encoding: text.')
  return Buffer.from(plain, 'base64')
}
