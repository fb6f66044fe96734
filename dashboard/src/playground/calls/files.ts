import { shellWord } from '../../design/shell-word.ts'
import { type Call, type CallField, curl, literal } from '../call.ts'

const folder = '/home/daytona/playground'
const file = `${folder}/hello.py`
const pathField = (initial: string): CallField => ({ label: 'Path', initial })

/** Files of a sandbox. */
export const fileCalls: readonly Call[] = [
  {
    name: 'fs.createFolder',
    title: 'Make a folder',
    fields: { path: pathField(folder), mode: { label: 'Permissions', initial: '755' } },
    typescript: ({ path, mode }) => `await sandbox.fs.createFolder(${literal(path)}, ${literal(mode)})`,
    python: ({ path, mode }) => `sandbox.fs.create_folder(${literal(path)}, ${literal(mode)})`,
    curl: ({ path = '', mode = '' }, { toolbox }) => curl('POST', `${toolbox}/files/folder`, { query: { path, mode } }),
    run: ({ sandbox }, { path = '', mode = '' }) => sandbox.fs.createFolder(path, mode),
  },
  {
    name: 'fs.uploadFile',
    title: 'Write a file',
    fields: {
      path: pathField(file),
      content: { label: 'Content', initial: "name = 'world'\nprint(f'hello {name}')\n", kind: 'lines' },
    },
    typescript: ({ path, content }) =>
      `await sandbox.fs.uploadFile(Buffer.from(${literal(content)}), ${literal(path)})`,
    python: ({ path, content }) => `sandbox.fs.upload_file(${literal(content)}.encode(), ${literal(path)})`,
    curl: ({ path = '', content = '' }, { toolbox }) =>
      `printf %s ${shellWord(content)} | ${curl('POST', `${toolbox}/files/upload`, { query: { path }, more: ["-F 'file=@-'"] })}`,
    run: ({ sandbox }, { path = '', content = '' }) => sandbox.fs.uploadFile(new TextEncoder().encode(content), path),
  },
  {
    name: 'fs.downloadFile',
    title: 'Read a file',
    fields: { path: pathField(file) },
    typescript: ({ path }) => `console.log((await sandbox.fs.downloadFile(${literal(path)})).toString())`,
    python: ({ path }) => `print(sandbox.fs.download_file(${literal(path)}).decode())`,
    curl: ({ path = '' }, { toolbox }) => curl('GET', `${toolbox}/files/download`, { query: { path } }),
    run: async ({ sandbox }, { path = '' }) => new TextDecoder().decode(await sandbox.fs.downloadFile(path)),
  },
  {
    name: 'fs.listFiles',
    title: 'List a folder',
    fields: { path: pathField(folder) },
    typescript: ({ path }) => `console.log(await sandbox.fs.listFiles(${literal(path)}))`,
    python: ({ path }) => `print(sandbox.fs.list_files(${literal(path)}))`,
    curl: ({ path = '' }, { toolbox }) => curl('GET', `${toolbox}/files`, { query: { path } }),
    run: ({ sandbox }, { path = '' }) => sandbox.fs.listFiles(path),
  },
  {
    name: 'fs.findFiles',
    title: 'Find a text in files',
    fields: { path: pathField(folder), pattern: { label: 'Text', initial: 'hello' } },
    typescript: ({ path, pattern }) => `console.log(await sandbox.fs.findFiles(${literal(path)}, ${literal(pattern)}))`,
    python: ({ path, pattern }) => `print(sandbox.fs.find_files(${literal(path)}, ${literal(pattern)}))`,
    curl: ({ path = '', pattern = '' }, { toolbox }) =>
      curl('GET', `${toolbox}/files/find`, { query: { path, pattern } }),
    run: ({ sandbox }, { path = '', pattern = '' }) => sandbox.fs.findFiles(path, pattern),
  },
  {
    name: 'fs.searchFiles',
    title: 'Find files by name',
    fields: { path: pathField(folder), pattern: { label: 'Name, * for anything', initial: '*.py' } },
    typescript: ({ path, pattern }) =>
      `console.log(await sandbox.fs.searchFiles(${literal(path)}, ${literal(pattern)}))`,
    python: ({ path, pattern }) => `print(sandbox.fs.search_files(${literal(path)}, ${literal(pattern)}))`,
    curl: ({ path = '', pattern = '' }, { toolbox }) =>
      curl('GET', `${toolbox}/files/search`, { query: { path, pattern } }),
    run: ({ sandbox }, { path = '', pattern = '' }) => sandbox.fs.searchFiles(path, pattern),
  },
  {
    name: 'fs.replaceInFiles',
    title: 'Replace a text in a file',
    fields: {
      path: pathField(file),
      pattern: { label: 'Text', initial: 'world' },
      text: { label: 'What comes in its place', initial: 'sandbox' },
    },
    typescript: ({ path, pattern, text }) =>
      `console.log(await sandbox.fs.replaceInFiles([${literal(path)}], ${literal(pattern)}, ${literal(text)}))`,
    python: ({ path, pattern, text }) =>
      `print(sandbox.fs.replace_in_files([${literal(path)}], ${literal(pattern)}, ${literal(text)}))`,
    curl: ({ path, pattern, text }, { toolbox }) =>
      curl('POST', `${toolbox}/files/replace`, { body: { files: [path], pattern, newValue: text } }),
    run: ({ sandbox }, { path = '', pattern = '', text = '' }) => sandbox.fs.replaceInFiles([path], pattern, text),
  },
  {
    name: 'fs.setFilePermissions',
    title: 'Set permissions',
    fields: { path: pathField(file), mode: { label: 'Permissions', initial: '644' } },
    typescript: ({ path, mode }) => `await sandbox.fs.setFilePermissions(${literal(path)}, { mode: ${literal(mode)} })`,
    python: ({ path, mode }) => `sandbox.fs.set_file_permissions(${literal(path)}, mode=${literal(mode)})`,
    curl: ({ path = '', mode = '' }, { toolbox }) =>
      curl('POST', `${toolbox}/files/permissions`, { query: { path, mode } }),
    run: ({ sandbox }, { path = '', mode = '' }) => sandbox.fs.setFilePermissions(path, { mode }),
  },
  {
    name: 'fs.moveFiles',
    title: 'Move a file',
    fields: { path: pathField(file), to: { label: 'To', initial: `${folder}/moved.py` } },
    typescript: ({ path, to }) => `await sandbox.fs.moveFiles(${literal(path)}, ${literal(to)})`,
    python: ({ path, to }) => `sandbox.fs.move_files(${literal(path)}, ${literal(to)})`,
    curl: ({ path = '', to = '' }, { toolbox }) =>
      curl('POST', `${toolbox}/files/move`, { query: { source: path, destination: to } }),
    run: ({ sandbox }, { path = '', to = '' }) => sandbox.fs.moveFiles(path, to),
  },
  {
    name: 'fs.deleteFile',
    title: 'Delete a file',
    fields: { path: pathField(`${folder}/moved.py`) },
    typescript: ({ path }) => `await sandbox.fs.deleteFile(${literal(path)})`,
    python: ({ path }) => `sandbox.fs.delete_file(${literal(path)})`,
    curl: ({ path = '' }, { toolbox }) => curl('DELETE', `${toolbox}/files`, { query: { path } }),
    run: ({ sandbox }, { path = '' }) => sandbox.fs.deleteFile(path, false),
  },
]
