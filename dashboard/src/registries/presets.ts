/** What is known of a provider, so that less is to be typed. */
export interface Preset {
  readonly name: string
  /** empty where each customer has another */
  readonly url: string
  readonly urlHint?: string
  /** where everybody has the same */
  readonly username?: string
  readonly usernameHint?: string
  readonly passwordHint: string
}

/** Providers, the last one being any other. */
export const presets: readonly [Preset, ...Preset[]] = [
  {
    name: 'Docker Hub',
    url: 'docker.io',
    usernameHint: 'Your user name there',
    passwordHint: 'An access token that may read is enough.',
  },
  {
    name: 'GitLab',
    url: 'registry.gitlab.com',
    usernameHint: 'Your user name, or the name of a deploy token',
    passwordHint: 'A deploy token with read_registry.',
  },
  {
    name: 'Amazon ECR',
    url: '',
    urlHint: '<account>.dkr.ecr.<region>.amazonaws.com',
    username: 'AWS',
    passwordHint: 'From `aws ecr get-login-password`. It is good for 12 hours only.',
  },
  {
    name: 'Google Artifact Registry',
    url: '',
    urlHint: '<region>-docker.pkg.dev',
    username: '_json_key',
    passwordHint: 'The JSON of a key of a service account that may read, on one line.',
  },
  {
    name: 'Azure',
    url: '',
    urlHint: '<name>.azurecr.io',
    usernameHint: 'Id of the application, or name of a token',
    passwordHint: 'Its password.',
  },
  {
    name: 'Another one',
    url: '',
    urlHint: 'registry.example.com',
    passwordHint: 'A token that may only read is best.',
  },
]
