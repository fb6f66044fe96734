export { followBuildLogs, sandboxBuildLogs, snapshotBuildLogs } from './build-logs.ts'
export { type ByteStream, openByteStream } from './byte-stream.ts'
export type { FileBytes } from './bytes.ts'
export { type AnswerOf, type Client, type ClientSettings, createClient, type InputOf } from './client.ts'
export * from './computer-use.ts'
export {
  type CreateOptions,
  Daytona,
  Daytona as Sandyard,
  type DaytonaConfig,
  type ListSandboxesQuery,
} from './daytona.ts'
export type { CallOptions } from './deadline.ts'
export * from './errors.ts'
export { DaytonaError as SandyardError } from './errors.ts'
export { Events, type EventsOptions, type EventsStatus } from './events/events.ts'
export type { PlatformEvents } from './events/names.ts'
export type { FileDownloadErrorDetails, FileDownloadRequest, FileDownloadResponse } from './files/download-many.ts'
export {
  type FilePermissionsParams,
  FileSystem,
  type FileUpload,
  type FileVersion,
  type ListOptions,
} from './files/file-system.ts'
export type { Match, SearchFilesResponse } from './files/search.ts'
export type {
  DownloadProgress,
  DownloadStreamOptions,
  UploadProgress,
  UploadSource,
  UploadStreamOptions,
  WriteOptions,
  WrittenFile,
} from './files/streams.ts'
export type { CommandResult, RepositoryPlace } from './flat/calls.ts'
export { Git, type GitCommitResponse, type GitStatus } from './git.ts'
export type { Context } from './images/copy-sources.ts'
export { Image, type PipInstallOptions, type PyprojectOptions } from './images/image.ts'
export { listEntries, type TarEntry, writeTar } from './images/tar.ts'
export { LspLanguageId, LspServer, type Position } from './lsp-server.ts'
export { type OpenCodeServerOptions, type OpenCodeSource, openCodeVersion } from './opencode/options.ts'
export { OpenCodeServer, setupOpenCodeServer } from './opencode/server.ts'
export { prepareOpenCodeSnapshot } from './opencode/snapshot.ts'
export type { ApiOperations, ToolboxOperations } from './operations/all.ts'
export type { FileInfo } from './operations/files.ts'
export type { InterpreterContext } from './operations/interpreter.ts'
export type { CompletionItem, LspSymbol } from './operations/language-servers.ts'
export type { NetworkSettingsInput as NetworkSettings } from './operations/lifecycle.ts'
export type { NetworkRefusal } from './operations/network.ts'
export type { SshAccess } from './operations/ssh.ts'
export type { PtySession as PtySessionInfo } from './operations/terminals.ts'
export type {
  CreateSandboxParams,
  CreateSandboxParams as CreateSandboxFromImageParams,
  CreateSandboxParams as CreateSandboxFromSnapshotParams,
  Resources,
  VolumeMount,
  WorkspaceClass,
} from './parameters.ts'
export * from './processes/code-interpreter.ts'
export type { LogChunk } from './processes/log-stream.ts'
export * from './processes/process.ts'
export { PtyHandle, type PtyResult } from './processes/pty-handle.ts'
export {
  type Framework,
  type PackageManager,
  type ProjectOverrides,
  type ProjectPlace,
  type ProjectPlan,
  planProject,
  type ServeMode,
} from './project.ts'
export { patientFetchOptions } from './runtime.ts'
export { type PreviewLink, Sandbox, type SandboxMetrics } from './sandbox.ts'
export { CodeLanguage, type SandboxData, type SandboxState } from './sandbox-data.ts'
export {
  type CreateSecretParams,
  type ListSecretsQuery,
  type ListSecretsResponse,
  type Secret,
  SecretService,
  type UpdateSecretParams,
} from './secret.ts'
export {
  type CreateSnapshotOptions,
  type CreateSnapshotParams,
  type ListSnapshotsQuery,
  type PaginatedSnapshots,
  type Snapshot,
  SnapshotService,
} from './snapshot.ts'
export type { SocketEnd, WebSocketClass } from './socket.ts'
export type { Toolbox } from './toolbox.ts'
export { version } from './version.ts'
export { type Volume, VolumeService } from './volume.ts'
export { type WarmPool, WarmPoolService } from './warm-pool.ts'
