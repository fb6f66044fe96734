/** Parts of an http URL as they are written; empty ones for other remotes. */
export interface UrlParts {
  /** `https://` or `http://` */
  readonly scheme: string
  /** what stands before the `@` */
  readonly user: string
  /** with its port, as git writes it when it asks for credentials */
  readonly host: string
}

/** Takes the URL of a remote apart. */
export function splitUrl(url: string): UrlParts {
  const match = /^(https?:\/\/)(?:([^/?#]*)@)?([^/?#]*)/i.exec(url)
  return { scheme: match?.[1] ?? '', user: match?.[2] ?? '', host: match?.[3] ?? '' }
}
