import { limits } from '@sandyard/protocol'
import { type Entry, field, longPath, nul, paths, query } from './wrong.ts'

/** Wrong requests to the file calls. */
export const wrongFileRequests: Readonly<Record<string, Entry>> = {
  listFiles: {
    query: { path: '/tmp' },
    wrong: [
      paths.empty,
      paths.nul,
      paths.long,
      paths.unknown,
      query({ path: '/etc/passwd' }, /folder|directory/i),
      ...['0', '101', 'x', '1.5', '-1', ''].map((depth) => query({ path: '/tmp', depth }, /depth/)),
      query({ path: '/tmp', links: ['true', 'true'] }, /links/),
    ],
  },
  deleteFile: {
    query: { path: '/tmp/a' },
    wrong: [
      paths.missing,
      paths.empty,
      paths.nul,
      paths.long,
      paths.unknown,
      query({ path: '/etc' }, /recursive/i),
      query({ path: '/etc/passwd' }, /./, 403),
      query({ path: '/usr', recursive: 'true' }, /./, 403),
      query({ path: '/tmp/a', recursive: ['true', 'true'] }, /recursive/),
    ],
  },
  downloadFile: {
    query: { path: '/etc/passwd' },
    wrong: [
      ...Object.values(paths),
      query({ path: '/tmp' }, /folder|directory/i),
      query({ path: '/etc/shadow' }, /./, 403),
      query({ path: '/dev/zero' }, /./),
    ],
  },
  downloadFiles: {
    body: { paths: ['/etc/passwd'] },
    wrong: [
      field({}, /paths/),
      field({ paths: [] }, /paths/),
      field({ paths: '/etc/passwd' }, /paths/),
      field({ paths: [1] }, /paths/),
      field({ paths: Array(limits.uploadParts + 1).fill('a') }, /paths/),
    ],
  },
  findInFiles: {
    query: { path: '/tmp', pattern: 'x' },
    wrong: [
      query({ path: '/tmp' }, /pattern/),
      query({ pattern: 'x' }, /path/),
      query({ path: '/tmp', pattern: '' }, /pattern/),
      query({ path: nul, pattern: 'x' }, /NUL/),
      query({ path: longPath, pattern: 'x' }, /4096/),
      query({ path: '/no/such/path', pattern: 'x' }, /./, 404),
    ],
  },
  getFileInfo: { query: { path: '/tmp' }, wrong: Object.values(paths) },
  searchFiles: {
    query: { path: '/tmp', pattern: '*' },
    wrong: [
      query({ path: '/tmp' }, /pattern/),
      query({ pattern: '*' }, /path/),
      query({ path: '/tmp', pattern: '' }, /pattern/),
      query({ path: nul, pattern: '*' }, /NUL/),
      query({ path: '/no/such/path', pattern: '*' }, /./, 404),
      query({ path: '/tmp', pattern: ['a', 'b'] }, /pattern/),
    ],
  },
  createFolder: {
    query: { path: '/tmp/folder' },
    wrong: [
      paths.missing,
      paths.empty,
      paths.nul,
      paths.long,
      paths.longName,
      ...['rwx', '8', '0o755', '777777', '-1'].map((mode) => query({ path: '/tmp/folder', mode }, /octal/)),
      query({ path: '/etc/passwd' }, /./, 409),
      query({ path: '/etc/passwd/below' }, /./),
      query({ path: '/usr/folder' }, /./, 403),
      query({ path: '/proc/folder' }, /./, 404),
    ],
  },
  moveFile: {
    query: { source: '/tmp/a', destination: '/tmp/b' },
    wrong: [
      query({ source: '/tmp/a' }, /destination/),
      query({ destination: '/tmp/a' }, /source/),
      query({ source: '', destination: '/tmp/b' }, /source/),
      query({ source: nul, destination: '/tmp/b' }, /NUL/),
      query({ source: '/tmp/a', destination: longPath }, /4096/),
      query({ source: '/no/such/path', destination: '/tmp/b' }, /./, 404),
      query({ source: '/etc/passwd', destination: '/tmp/b' }, /./, 403),
    ],
  },
  setFilePermissions: {
    query: { path: '/tmp', mode: '755' },
    wrong: [
      paths.missing,
      paths.empty,
      paths.nul,
      paths.long,
      paths.unknown,
      ...['rwx', '8', '777777'].map((mode) => query({ path: '/tmp', mode }, /octal/)),
      query({ path: '/tmp', owner: 'no-such-user' }, /user not found/),
      query({ path: '/tmp', group: 'no-such-group' }, /group not found/),
      query({ path: '/tmp', owner: '4294967295' }, /user not found/),
      query({ path: '/etc/passwd', mode: '777' }, /./, 403),
    ],
  },
  replaceInFiles: {
    body: { files: [], pattern: 'a', newValue: 'b' },
    wrong: [
      field({ pattern: 'a', newValue: 'b' }, /files/),
      field({ files: '/tmp/a', pattern: 'a', newValue: 'b' }, /files/),
      field({ files: [1], pattern: 'a', newValue: 'b' }, /files/),
      field({ files: [], newValue: 'b' }, /pattern/),
      field({ files: [], pattern: '', newValue: 'b' }, /pattern/),
      field({ files: [], pattern: 'a' }, /newValue/),
      field({ files: [], pattern: 'a', newValue: 1 }, /newValue/),
    ],
  },
  uploadFileLegacy: {
    query: { path: '/tmp/up' },
    body: part('file', 'x'),
    type: 'multipart/form-data; boundary=b',
    wrong: [
      paths.missing,
      paths.empty,
      paths.nul,
      paths.long,
      { type: 'application/json', body: '{}', status: 400, message: /multipart/i },
      { type: 'multipart/form-data', body: part('file', 'x'), status: 400, message: /boundary/i },
      { type: 'multipart/form-data; boundary=b', body: 'no part', status: 400, message: /./ },
      { body: part('other', 'x'), status: 400, message: /file/ },
      { query: { path: '/usr/up' }, status: 403, message: /./ },
      { query: { path: '/tmp' }, status: 400, message: /folder|directory/i },
      { query: { path: '/etc/passwd/x' }, status: 400, message: /./ },
    ],
  },
  uploadFile: {
    query: { path: '/tmp/up' },
    body: 'raw bytes',
    type: 'application/octet-stream',
    wrong: [
      paths.missing,
      paths.empty,
      paths.nul,
      paths.long,
      { type: 'multipart/form-data', body: part('file', 'x'), status: 400, message: /boundary/i },
      { type: 'multipart/form-data; boundary=b', body: part('other', 'x'), status: 400, message: /file/ },
      { type: 'multipart/form-data; boundary=b', body: '--b\r\nhalf a head', status: 400, message: /./ },
      { query: { path: '/usr/up' }, status: 403, message: /./ },
      { query: { path: '/tmp' }, status: 400, message: /folder|directory/i },
    ],
  },
  uploadFiles: {
    body: `${part('files[0].path', '/tmp/up', false)}${part('files[0].file', 'x')}`,
    type: 'multipart/form-data; boundary=b',
    wrong: [
      { type: 'application/json', body: '{}', status: 400, message: /multipart/i },
      { type: 'multipart/form-data', body: part('file', 'x'), status: 400, message: /boundary/i },
      { body: part('files[0].file', 'x'), status: 400, message: /path/ },
      { body: `${part('files[0].path', '', false)}${part('files[0].file', 'x')}`, status: 400, message: /./ },
      { body: `${part('files[0].path', nul, false)}${part('files[0].file', 'x')}`, status: 400, message: /NUL/ },
      {
        body: `${part('files[0].path', '/usr/up', false)}${part('files[0].file', 'x')}`,
        status: 400,
        message: /permission denied/,
      },
    ],
  },
}

/** A multipart part, and the end of the body after it. */
function part(name: string, content: string, isFile = true): string {
  const file = isFile ? '; filename="f"' : ''
  const text = `--b\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n${content}\r\n`
  return isFile ? `${text}--b--\r\n` : text
}
