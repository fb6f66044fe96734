/** Modes that are on or off, by their names in RFC 4254 section 8, as `stty` names them. */
const switches: Readonly<Record<string, string>> = {
  IGNPAR: 'ignpar',
  PARMRK: 'parmrk',
  INPCK: 'inpck',
  ISTRIP: 'istrip',
  INLCR: 'inlcr',
  IGNCR: 'igncr',
  ICRNL: 'icrnl',
  IXON: 'ixon',
  IXANY: 'ixany',
  IXOFF: 'ixoff',
  ISIG: 'isig',
  ICANON: 'icanon',
  ECHO: 'echo',
  ECHOE: 'echoe',
  ECHOK: 'echok',
  ECHONL: 'echonl',
  NOFLSH: 'noflsh',
  TOSTOP: 'tostop',
  IEXTEN: 'iexten',
  ECHOCTL: 'echoctl',
  ECHOKE: 'echoke',
  OPOST: 'opost',
  ONLCR: 'onlcr',
  OCRNL: 'ocrnl',
  ONOCR: 'onocr',
  ONLRET: 'onlret',
}

/** Keys with a meaning. */
const keys: Readonly<Record<string, string>> = {
  VINTR: 'intr',
  VQUIT: 'quit',
  VERASE: 'erase',
  VKILL: 'kill',
  VEOF: 'eof',
  VEOL: 'eol',
  VSTART: 'start',
  VSTOP: 'stop',
  VSUSP: 'susp',
  VREPRINT: 'rprnt',
  VWERASE: 'werase',
  VLNEXT: 'lnext',
}

/** Arguments for `stty` that make a terminal as its caller has it. Nothing of the caller's text is in them. */
export function sttyArguments(modes: Readonly<Record<string, number>>): string[] {
  const words: string[] = []
  for (const [name, value] of Object.entries(modes)) {
    const known = Object.hasOwn(switches, name) ? switches[name] : undefined
    const key = Object.hasOwn(keys, name) ? keys[name] : undefined
    if (known !== undefined) words.push(value === 0 ? `-${known}` : known)
    else if (key !== undefined) words.push(key, keyText(value))
  }
  return words
}

/** A key as `stty` reads it; 255 is none. */
function keyText(value: number): string {
  if (!(value > 0 && value < 128)) return 'undef'
  if (value === 127) return '^?'
  return value < 32 ? `^${String.fromCharCode(value + 64)}` : String.fromCharCode(value)
}
