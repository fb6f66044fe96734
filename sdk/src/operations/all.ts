// biome-ignore-all format: written by scripts/sdk-operations.mjs
// biome-ignore-all assist/source/organizeImports: likewise
/** Written by scripts/sdk-operations.mjs from protocol/src: change that, and run it again. */

import { type ApiKeyOperations, apiKeyOperations } from './api-keys.ts'
import { type AttachmentOperations, attachmentOperations } from './attachments.ts'
import { type AuditOperations, auditOperations } from './audit.ts'
import { type AuthOperations, authOperations } from './auth.ts'
import { type ComputerUseOperations, computerUseOperations } from './computer-use.ts'
import { type DomainOperations, domainOperations } from './domains.ts'
import { type FileOperations, fileOperations } from './files.ts'
import { type GitOperations, gitOperations } from './git.ts'
import { type InfoOperations, infoOperations } from './info.ts'
import { type InterpreterOperations, interpreterOperations } from './interpreter.ts'
import { type InvitationOperations, invitationOperations } from './invitations.ts'
import { type LanguageServerOperations, languageServerOperations } from './language-servers.ts'
import { type LifecycleOperations, lifecycleOperations } from './lifecycle.ts'
import { type MemberOperations, memberOperations } from './members.ts'
import { type NetworkOperations, networkOperations } from './network.ts'
import { type ObjectStorageOperations, objectStorageOperations } from './object-storage.ts'
import { type OrganizationOperations, organizationOperations } from './organizations.ts'
import { type PlatformOperations, platformOperations } from './platform.ts'
import { type PreviewEnvironmentOperations, previewEnvironmentOperations } from './preview-environments.ts'
import { type PreviewProjectOperations, previewProjectOperations } from './preview-projects.ts'
import { type PreviewOperations, previewOperations } from './previews.ts'
import { type ProcessOperations, processOperations } from './processes.ts'
import { type QuotaOperations, quotaOperations } from './quotas.ts'
import { type RegionOperations, regionOperations } from './regions.ts'
import { type RegistryOperations, registryOperations } from './registries.ts'
import { type SandboxOperations, sandboxOperations } from './sandboxes.ts'
import { type SecretOperations, secretOperations } from './secrets.ts'
import { type SessionOperations, sessionOperations } from './sessions.ts'
import { type SnapshotOperations, snapshotOperations } from './snapshots.ts'
import { type SshOperations, sshOperations } from './ssh.ts'
import { type TelemetryOperations, telemetryOperations } from './telemetry.ts'
import { type TerminalOperations, terminalOperations } from './terminals.ts'
import { type UserOperations, userOperations } from './users.ts'
import { type VariableOperations, variableOperations } from './variables.ts'
import { type VolumeOperations, volumeOperations } from './volumes.ts'
import { type WarmPoolOperations, warmPoolOperations } from './warm-pools.ts'
import { type WebhookOperations, webhookOperations } from './webhooks.ts'

/** Calls of the API, by their operation id. */
export const apiOperations = {
  ...apiKeyOperations,
  ...auditOperations,
  ...authOperations,
  ...domainOperations,
  ...invitationOperations,
  ...lifecycleOperations,
  ...memberOperations,
  ...networkOperations,
  ...objectStorageOperations,
  ...organizationOperations,
  ...platformOperations,
  ...previewEnvironmentOperations,
  ...previewProjectOperations,
  ...previewOperations,
  ...quotaOperations,
  ...regionOperations,
  ...registryOperations,
  ...sandboxOperations,
  ...secretOperations,
  ...snapshotOperations,
  ...sshOperations,
  ...telemetryOperations,
  ...userOperations,
  ...volumeOperations,
  ...warmPoolOperations,
  ...webhookOperations,
} as const

export type ApiOperations = ApiKeyOperations &
  AuditOperations &
  AuthOperations &
  DomainOperations &
  InvitationOperations &
  LifecycleOperations &
  MemberOperations &
  NetworkOperations &
  ObjectStorageOperations &
  OrganizationOperations &
  PlatformOperations &
  PreviewEnvironmentOperations &
  PreviewProjectOperations &
  PreviewOperations &
  QuotaOperations &
  RegionOperations &
  RegistryOperations &
  SandboxOperations &
  SecretOperations &
  SnapshotOperations &
  SshOperations &
  TelemetryOperations &
  UserOperations &
  VolumeOperations &
  WarmPoolOperations &
  WebhookOperations

/** Calls of a sandbox, by their operation id. */
export const toolboxOperations = {
  ...attachmentOperations,
  ...computerUseOperations,
  ...fileOperations,
  ...gitOperations,
  ...infoOperations,
  ...interpreterOperations,
  ...languageServerOperations,
  ...processOperations,
  ...sessionOperations,
  ...terminalOperations,
  ...variableOperations,
} as const

export type ToolboxOperations = AttachmentOperations &
  ComputerUseOperations &
  FileOperations &
  GitOperations &
  InfoOperations &
  InterpreterOperations &
  LanguageServerOperations &
  ProcessOperations &
  SessionOperations &
  TerminalOperations &
  VariableOperations
