import type { IncomingMessage } from 'node:http'
import type { Route } from '@sandyard/protocol'
import { PlatformError, toErrorBody } from '@sandyard/protocol/errors'
import { fileRoutes } from '@sandyard/protocol/toolbox/files'
import { answered, type Call, type Handler, type Handlers } from '../http/call.ts'
import { writeJson } from '../http/router.ts'
import { downloadFiles } from './bulk-download.ts'
import { uploadFiles } from './bulk-upload.ts'
import { createFolder, parseMode } from './create-folder.ts'
import { deleteFile } from './delete.ts'
import { downloadFile } from './download.ts'
import { toFileError } from './file-error.ts'
import { findInFiles } from './find.ts'
import { getFileInfo } from './info.ts'
import { listFiles } from './list.ts'
import { moveFile } from './move.ts'
import { resolvePath } from './path.ts'
import { setPermissions } from './permissions.ts'
import { replaceInFiles } from './replace.ts'
import { searchFiles } from './search.ts'
import { uploadFile, uploadFormFile } from './upload.ts'
import { type WalkRoot, walkInTime } from './walk.ts'

/** The file calls, on files as the agent's own user may see them; relative paths start in the work dir. */
export function createFileHandlers({ workDir }: { workDir: string }): Handlers<typeof fileRoutes> {
  const at = (path: string): string => resolvePath(workDir, path)
  const rootAt = (path: string): WalkRoot => ({ path: at(path), shown: path })
  return {
    listFiles: guard(({ query: { path = '.', depth = 1, links = false }, signal }) =>
      listFiles(at(path), { depth, isWithLinks: links }, signal),
    ),
    deleteFile: guard(({ query }) => deleteFile(at(query.path), query.recursive === 'true')),
    downloadFile: guard(async ({ query, request, response, signal }) => {
      await downloadFile({ path: at(query.path), headers: request.headers, response, signal })
      return answered
    }),
    downloadFiles: guard(async ({ body, response, signal }) => {
      await downloadFiles({ workDir, paths: body.paths, response, signal })
      return answered
    }),
    findInFiles: guard(({ query, signal }) =>
      walkInTime(signal, (inTime) => findInFiles(rootAt(query.path), query.pattern, inTime)),
    ),
    getFileInfo: guard(({ query, request }) => getFileInfo(at(query.path), request.headers)),
    searchFiles: guard(async ({ query, signal }) => ({
      files: await walkInTime(signal, (inTime) => searchFiles(rootAt(query.path), query.pattern, inTime)),
    })),
    createFolder: guard(({ query }) => createFolder(at(query.path), parseMode(query.mode ?? '755'))),
    moveFile: guard(async ({ query, response, signal }) => {
      const leftBehind = await moveFile(at(query.source), at(query.destination), signal)
      if (leftBehind === null) return
      const message = 'The source was copied to the destination, but could not be deleted'
      writeJson(response, 200, { message, error: leftBehind })
      return answered
    }),
    setFilePermissions: guard(({ query: { path, owner, group, mode } }) =>
      setPermissions(at(path), { owner, group, mode: mode === undefined ? undefined : parseMode(mode) }),
    ),
    replaceInFiles: guard(({ body, signal }) => replaceInFiles({ workDir, ...body }, signal)),
    uploadFileLegacy: guard(async ({ query, request }) => {
      await uploadFormFile(at(query.path), request)
    }),
    uploadFile: guard(({ query, request }) => uploadFile(at(query.path), request)),
    uploadFiles: guard(async ({ request, response }) => {
      if (request.headers['if-match'] !== undefined) {
        throw new PlatformError('BAD_REQUEST', 'If-Match is about one file; upload that by a call of its own')
      }
      const { files, errors } = await uploadFiles(workDir, request)
      const done = { files: files.length === 0 ? null : files }
      if (errors.length === 0) return done
      await drain(request)
      const error = new PlatformError('BAD_REQUEST', errors.slice(0, 10).join('; '))
      const context = { source: 'DAYTONA_DAEMON', method: 'POST', path: fileRoutes.uploadFiles.path } as const
      writeJson(response, 400, { ...toErrorBody(error, context), errors, ...done })
      return answered
    }),
  }
}

/**
 * Runs a file call: what the OS refuses becomes the error of the table, a caller who has left gets nothing, and all
 * others have sent their whole request before they are answered, as many clients do not read earlier.
 */
function guard<R extends Route>(handler: Handler<R>): Handler<R> {
  return async (call) => {
    try {
      return await handler(call)
    } catch (thrown) {
      if (hasLeft(call)) return answered
      throw toFileError(thrown)
    } finally {
      if (!hasLeft(call)) await drain(call.request)
    }
  }
}

function hasLeft(call: Call<Route>): boolean {
  return call.signal.aborted || (call.request.destroyed && !call.request.complete)
}

/** Reads what is left of a request, at no cost of memory. */
async function drain(request: IncomingMessage): Promise<void> {
  if (request.complete || request.destroyed) return
  // A caller who leaves meanwhile is found out by the answer.
  request.on('error', () => undefined)
  const done = Promise.withResolvers<void>()
  request.once('end', done.resolve).once('close', done.resolve)
  request.resume()
  await done.promise
}
