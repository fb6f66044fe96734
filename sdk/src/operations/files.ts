// biome-ignore-all format: written by scripts/sdk-operations.mjs
// biome-ignore-all assist/source/organizeImports: likewise
/** Written by scripts/sdk-operations.mjs from protocol/src/toolbox/files.ts: change that, and run it again. */

export interface FileInfo {
  name: string
  path?: string
  size: number
  mode: string
  modTime: string
  modifiedAt: string
  isDir: boolean
  owner: string
  group: string
  permissions: string
  linkTarget?: string
  isBroken?: boolean
}

/** What is sent and answered. */
export interface FileOperations {
  /** List a folder, sorted by name */
  listFiles: {
    query?: {
      path?: string | number | boolean | undefined
      depth?: string | number | boolean | undefined
      links?: string | number | boolean | undefined
    }
    answer: FileInfo[]
  }
  /** Delete a file, or a folder when recursive is true */
  deleteFile: {
    query: {
      path: string | number | boolean
      recursive?: string | number | boolean | undefined
    }
    answer: undefined
  }
  /** The bytes of a file; ranges are honoured */
  downloadFile: {
    query: {
      path: string | number | boolean
    }
    answer: undefined
  }
  /** Many files as multipart, one part per path */
  downloadFiles: {
    body: {
      paths: readonly string[]
    }
    answer: undefined
  }
  /** Lines that contain a text */
  findInFiles: {
    query: {
      path: string | number | boolean
      pattern: string | number | boolean
    }
    answer: {
      file: string
      line: number
      content: string
    }[]
  }
  /** Size, owner, mode and time of a file or folder */
  getFileInfo: {
    query: {
      path: string | number | boolean
    }
    answer: FileInfo
  }
  /** Files whose base name matches a glob */
  searchFiles: {
    query: {
      path: string | number | boolean
      pattern: string | number | boolean
    }
    answer: {
      files: string[]
    }
  }
  /** Make a folder and its parents */
  createFolder: {
    query: {
      path: string | number | boolean
      mode?: string | number | boolean | undefined
    }
    answer: undefined
  }
  /** Move or rename */
  moveFile: {
    query: {
      source: string | number | boolean
      destination: string | number | boolean
    }
    answer: undefined
  }
  /** Change owner, group or mode of one file or folder */
  setFilePermissions: {
    query: {
      path: string | number | boolean
      owner?: string | number | boolean | undefined
      group?: string | number | boolean | undefined
      mode?: string | number | boolean | undefined
    }
    answer: undefined
  }
  /** Replace a text in files; one result per file */
  replaceInFiles: {
    body: {
      files: readonly string[]
      pattern: string
      newValue: string
    }
    answer: {
      file: string
      success: boolean
      error?: string
    }[]
  }
  /** One file as multipart field `file`; for clients before 0.200 */
  uploadFileLegacy: {
    query: {
      path: string | number | boolean
    }
    answer: undefined
  }
  /** One file, as multipart field `file` or as the raw body; with If-Match only over that version */
  uploadFile: {
    query: {
      path: string | number | boolean
    }
    answer: {
      name: string
      path: string
      type: string
      etag?: string
    }
  }
  /** Many files as multipart: files[N].path before files[N].file */
  uploadFiles: {
    answer: {
      files: {
        path: string
        bytes: number
      }[] | null
    }
  }
}

/** Method and path; with "bytes" where the answer is no JSON. */
export const fileOperations = {
  listFiles: 'GET /files',
  deleteFile: 'DELETE /files',
  downloadFile: 'GET /files/download',
  downloadFiles: 'POST /files/bulk-download',
  findInFiles: 'GET /files/find',
  getFileInfo: 'GET /files/info',
  searchFiles: 'GET /files/search',
  createFolder: 'POST /files/folder',
  moveFile: 'POST /files/move',
  setFilePermissions: 'POST /files/permissions',
  replaceInFiles: 'POST /files/replace',
  uploadFileLegacy: 'POST /files/upload',
  uploadFile: 'POST /files/upload-v2',
  uploadFiles: 'POST /files/bulk-upload',
} as const
