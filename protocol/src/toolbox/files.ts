import * as z from 'zod/mini'
import { limits } from '../limits.ts'
import { booleanText, integerText } from '../query.ts'
import { defineRoutes } from '../route.ts'
import '../messages.ts'

/** A path inside a sandbox: absolute, or relative to the work dir; never expanded (toolbox.md 1.2). */
export const SandboxPath = z.string().check(
  z.minLength(1, 'must not be empty'),
  z.refine((path) => !path.includes('\0'), 'must not contain NUL'),
  z.refine((path) => path.length <= limits.pathBytes, `must be at most ${limits.pathBytes} bytes`),
)

/** Octal text such as `644` or `0755`. */
const mode = z.string().check(z.regex(/^[0-7]{1,5}$/, 'must be octal, such as 644'))

/** A file or folder (toolbox.md 1.2). Owners are numbers as text; `permissions` is four octal digits. */
export const FileInfo = z.object({
  name: z.string(),
  /** full path, in listings deeper than one level and in info */
  path: z.optional(z.string()),
  size: z.number(),
  /** `drwxr-xr-x` */
  mode: z.string(),
  modTime: z.string(),
  /** RFC 3339 */
  modifiedAt: z.string(),
  isDir: z.boolean(),
  owner: z.string(),
  group: z.string(),
  permissions: z.string(),
  /** with `links`: what is written in a symbolic link; all else is then of what it leads to */
  linkTarget: z.optional(z.string()),
  /** beside `linkTarget`: true when what it leads to cannot be read, and all else is of the link itself */
  isBroken: z.optional(z.boolean()),
})

const onePath = z.object({ path: SandboxPath })

/**
 * File calls. Uploads and downloads carry their bytes outside JSON: `body` and `response` are absent there. An upload of one
 * file takes `If-Match` with the `ETag` of a download: then it is refused (412) when the file has changed, and answers the new one.
 */
export const fileRoutes = defineRoutes({
  listFiles: {
    method: 'GET',
    path: '/files',
    summary: 'List a folder, sorted by name',
    access: 'member',
    query: z.object({
      path: z.optional(SandboxPath),
      depth: z.optional(z.pipe(integerText, z.number().check(z.minimum(1), z.maximum(100)))),
      /** true: symbolic links tell their target, and broken ones are listed too; not of the original */
      links: z.optional(booleanText),
    }),
    response: z.array(FileInfo),
    status: 200,
  },
  deleteFile: {
    method: 'DELETE',
    path: '/files',
    summary: 'Delete a file, or a folder when recursive is true',
    access: 'member',
    query: z.object({ path: SandboxPath, recursive: z.optional(z.string()) }),
    status: 204,
  },
  downloadFile: {
    method: 'GET',
    path: '/files/download',
    summary: 'The bytes of a file; ranges are honoured',
    access: 'member',
    query: onePath,
    status: 200,
  },
  downloadFiles: {
    method: 'POST',
    path: '/files/bulk-download',
    summary: 'Many files as multipart, one part per path',
    access: 'member',
    body: z.object({ paths: z.array(z.string()).check(z.minLength(1), z.maxLength(limits.uploadParts)) }),
    status: 200,
  },
  findInFiles: {
    method: 'GET',
    path: '/files/find',
    summary: 'Lines that contain a text',
    access: 'member',
    query: z.object({ path: SandboxPath, pattern: z.string().check(z.minLength(1)) }),
    response: z.array(z.object({ file: z.string(), line: z.number(), content: z.string() })),
    status: 200,
  },
  getFileInfo: {
    method: 'GET',
    path: '/files/info',
    summary: 'Size, owner, mode and time of a file or folder',
    access: 'member',
    query: onePath,
    response: FileInfo,
    status: 200,
  },
  searchFiles: {
    method: 'GET',
    path: '/files/search',
    summary: 'Files whose base name matches a glob',
    access: 'member',
    query: z.object({ path: SandboxPath, pattern: z.string().check(z.minLength(1)) }),
    response: z.object({ files: z.array(z.string()) }),
    status: 200,
  },
  createFolder: {
    method: 'POST',
    path: '/files/folder',
    summary: 'Make a folder and its parents',
    access: 'member',
    query: z.object({ path: SandboxPath, mode: z.optional(mode) }),
    status: 201,
  },
  moveFile: {
    method: 'POST',
    path: '/files/move',
    summary: 'Move or rename',
    access: 'member',
    query: z.object({ source: SandboxPath, destination: SandboxPath }),
    status: 200,
  },
  setFilePermissions: {
    method: 'POST',
    path: '/files/permissions',
    summary: 'Change owner, group or mode of one file or folder',
    access: 'member',
    query: z.object({
      path: SandboxPath,
      owner: z.optional(z.string()),
      group: z.optional(z.string()),
      mode: z.optional(mode),
    }),
    status: 200,
  },
  replaceInFiles: {
    method: 'POST',
    path: '/files/replace',
    summary: 'Replace a text in files; one result per file',
    access: 'member',
    body: z.object({
      files: z.array(z.string()).check(z.maxLength(limits.fileCount)),
      pattern: z.string().check(z.minLength(1)),
      newValue: z.string(),
    }),
    response: z.array(z.object({ file: z.string(), success: z.boolean(), error: z.optional(z.string()) })),
    status: 200,
  },
  uploadFileLegacy: {
    method: 'POST',
    path: '/files/upload',
    summary: 'One file as multipart field `file`; for clients before 0.200',
    access: 'member',
    query: onePath,
    status: 200,
  },
  uploadFile: {
    method: 'POST',
    path: '/files/upload-v2',
    summary: 'One file, as multipart field `file` or as the raw body; with If-Match only over that version',
    access: 'member',
    query: onePath,
    response: z.object({
      name: z.string(),
      path: z.string(),
      type: z.string(),
      /** with `If-Match`: the entity tag of what was written */
      etag: z.optional(z.string()),
    }),
    status: 200,
  },
  uploadFiles: {
    method: 'POST',
    path: '/files/bulk-upload',
    summary: 'Many files as multipart: files[N].path before files[N].file',
    access: 'member',
    response: z.object({ files: z.nullable(z.array(z.object({ path: z.string(), bytes: z.number() }))) }),
    status: 200,
  },
})
