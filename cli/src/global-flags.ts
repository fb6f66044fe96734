import type { Flag } from './command.ts'

/** Options of every command. */
export const globalFlags = {
  output: {
    type: 'text',
    short: 'o',
    // as the published command line calls it
    aliases: ['format', 'f'],
    value: 'FORM',
    choices: ['table', 'json', 'yaml', 'name'],
    doc: 'what to print: table (default), json, yaml or name',
  },
  profile: { type: 'text', value: 'NAME', doc: 'profile to use instead of the active one' },
  'api-url': { type: 'text', value: 'URL', doc: 'address of the API, such as http://localhost:3000/api' },
  'api-key': {
    type: 'text',
    value: 'KEY',
    doc: 'key to use; better set DAYTONA_API_KEY, which no list of processes shows',
  },
  organization: {
    type: 'text',
    value: 'NAME',
    doc: 'organization to act in, by name or id, for people who are in several',
  },
  quiet: { type: 'switch', short: 'q', doc: 'no progress on standard error' },
  'no-color': { type: 'switch', doc: 'no colours or bold letters; NO_COLOR does the same' },
  help: { type: 'switch', short: 'h', doc: 'what a command does and takes' },
} as const satisfies Readonly<Record<string, Flag>>
