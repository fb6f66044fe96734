/** How programs of an image are started, as its configuration says (OCI image specification, `config`). */
export interface ImageConfig {
  /** `user`, `user:group`, ids or empty for root */
  readonly user: string
  readonly workDir: string | null
  readonly env: Readonly<Record<string, string>>
  readonly entrypoint: readonly string[]
  readonly cmd: readonly string[]
}

/** An image that lies unpacked on this host: what a snapshot is made of, and what a build begins with. */
export interface Image {
  /** sealed disks that are its layers, the topmost first */
  readonly disks: readonly string[]
  /** folder below all of them; `null` when they are everything */
  readonly rootfs: string | null
  readonly config: ImageConfig
  /** bytes on disk of all of it, what it shares with others included */
  readonly sizeBytes: number
}
