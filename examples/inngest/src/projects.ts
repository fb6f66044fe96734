/** A project of a user, with the columns that a table `projects` has. */
export interface Project {
  readonly id: string
  readonly user_id: string
  readonly status: 'new' | 'building' | 'deployed' | 'failed'
  /** where its preview is seen */
  readonly sandbox_url: string | null
  readonly framework: string | null
  readonly metadata: ProjectMetadata
}

/** What is known of a project's preview. */
export interface ProjectMetadata {
  readonly repoUrl: string
  readonly branch?: string
  readonly sandboxId?: string
  readonly port?: number
  /** path that answers when the application is ready */
  readonly readyPath?: string
  readonly packageManager?: string | null
  /** why the last run has failed; null: it has not */
  readonly error?: string | null
  /** what people should know of it, one sentence each */
  readonly notes?: readonly string[]
}

/** A row of `user_integrations`: what somebody's repositories are read with. */
export interface Integration {
  readonly user_id: string
  readonly provider: 'github'
  readonly access_token: string
}

/** What is to change; of `metadata` the keys that are named. */
export type ProjectChange = Partial<Omit<Project, 'id' | 'user_id' | 'metadata'>> & {
  readonly metadata?: Partial<ProjectMetadata>
}

/** Where projects are kept. Give it a database of your own; `createFileProjects` is enough for one process. */
export interface Projects {
  find(id: string): Promise<Project | null>
  /** Changes a project that is there; one that was deleted meanwhile stays so. */
  update(id: string, change: ProjectChange): Promise<void>
  /** Token for the repositories of a user; null: only public ones can be read. */
  tokenOf(userId: string): Promise<string | null>
}

/** A project as it is after a change. */
export function changed(project: Project, { metadata, ...columns }: ProjectChange): Project {
  return { ...project, ...columns, metadata: { ...project.metadata, ...metadata } }
}
