/** What the gateway asks the server: may this caller pass, and where to. Plain data both ways. */

/** Credentials as they came with a request, in the order they are tried (runtime.md 2.3). */
export interface Credentials {
  /** value of `Authorization: Bearer` */
  readonly bearer?: string
  /** header `X-Daytona-Preview-Token` or query `DAYTONA_SANDBOX_AUTH_KEY` or cookie: the sandbox's preview token */
  readonly previewToken?: string
  /** a signed URL of a file call (toolbox.md 1.12); opens this call alone */
  readonly fileSignature?: FileSignature
}

/** The parts of a signed file URL, decoded once. */
export interface FileSignature {
  /** GET signs a download, POST an upload */
  readonly method: 'GET' | 'POST'
  readonly path: string
  /** epoch seconds as they were signed: digits without a leading zero; `0` is never */
  readonly expires: string
  readonly value: string
}

/** A request to pass. */
export interface AccessRequest {
  /**
   * what stands in the URL: the id of a sandbox or of a preview environment, which means the sandbox that serves it now, a
   * name (toolbox only), or a signed preview token (previews only)
   */
  readonly label: string
  /** the agent's API, or a port inside; null: the one that the environment serves on */
  readonly target: { readonly kind: 'toolbox' } | { readonly kind: 'port'; readonly port: number | null }
  readonly credentials: Credentials
}

/** The answer. `unknown` and `denied` look the same to a stranger. */
export type AccessAnswer =
  | {
      readonly kind: 'granted'
      readonly sandboxId: string
      /** the port that is meant, where the request names none */
      readonly port?: number
      /** which credential opened it; the gateway strips that one before it forwards */
      readonly by: 'public' | 'bearer' | 'preview-token' | 'signed' | 'file-signature'
      /** wire state; only `started` can be dialled */
      readonly state: string
      /** why it is not started, for people */
      readonly reason?: string
      /** it rests, or is about to, and `wake` starts it */
      readonly isWakeable?: true
      /** what serves on this port is being started: it may take a moment until it listens */
      readonly isPortComing?: true
      /** browsers are warned before its previews */
      readonly hasWarning?: true
    }
  /** the caller could pass, but nobody may enter anything of this organization now */
  | { readonly kind: 'closed' }
  | {
      readonly kind: 'denied'
      /** what is wrong with the credentials, for people; absent where they are just not known */
      readonly reason?: string
    }
  | {
      readonly kind: 'unknown'
      /** it was a signed link, and whoever has it may know that its time is over */
      readonly isExpired?: true
    }

/** What came of a request to start a sandbox that rests. */
export type WakeAnswer =
  | { readonly kind: 'started' }
  /** it will be started, or be at rest and can be woken then; whoever waits asks `check` again */
  | { readonly kind: 'coming' }
  | {
      readonly kind: 'refused'
      /** for people who may pass */
      readonly reason: string
      /** when it is worth another try; null: not by itself */
      readonly retryAfterMs: number | null
    }

/** A person who wants to see private previews of a sandbox in a browser. */
export interface SignInRequest {
  /** id of the sandbox, or of the preview environment that it serves */
  readonly label: string
  /** what the person brings: a name and password as typed, a session from before, or a token that signs in once */
  readonly by:
    | { readonly kind: 'password'; readonly login: string; readonly password: string; readonly address: string }
    | { readonly kind: 'session'; readonly session: string }
    | { readonly kind: 'login-token'; readonly token: string }
}

/** What came of it. */
export type SignInAnswer =
  | {
      readonly kind: 'granted'
      /** bearer of the person's session, to ask with again */
      readonly session: string
      /** opens the previews of the sandbox */
      readonly previewToken: string
    }
  | {
      readonly kind: 'denied'
      /** for the person; whether there is such a sandbox does not show in it */
      readonly reason: string
    }

/** Who connects by SSH. */
export interface SshRequest {
  readonly token: string
  /** the sandbox that it says it is for; absent: the token's */
  readonly sandboxId?: string
  /** false: the answer is for a connection that is open already, and nothing is to be started for it */
  readonly isLogin: boolean
}

/** Whether it may. */
export type SshAnswer =
  | {
      readonly kind: 'granted'
      readonly sandboxId: string
      /** the connection ends then, epoch ms */
      readonly expiresAtMs: number
    }
  | {
      readonly kind: 'denied'
      /** for people: what is wrong and what to do */
      readonly reason: string
      /** false: the token is no token, and trying others is guessing */
      readonly isKnown: boolean
    }

/** What the gateway needs from the server. */
export interface Access {
  check(request: AccessRequest): Promise<AccessAnswer>
  /** Where an active domain of a user leads; null for any other host. With or without its port, in any letters. */
  customHost(host: string): { readonly sandboxId: string; readonly port: number } | null
  /** Lets a person in to the private previews of a sandbox. */
  signIn(request: SignInRequest): Promise<SignInAnswer>
  /** Whether a token for SSH opens its sandbox now. */
  checkSsh(request: SshRequest): Promise<SshAnswer>
  /**
   * Starts a sandbox that rests, when its settings let a request do so. Only for callers who may pass. Resolves when it
   * is started, or at the latest after `limits.startWaitMs`. Calls at the same time share one start, and after one that
   * failed the next is tried only after a while.
   */
  wake(sandboxId: string): Promise<WakeAnswer>
  /** Notes that the sandbox is in use now; cheap, may be called on every request. */
  touch(sandboxId: string): void
}
