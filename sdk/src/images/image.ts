import { DaytonaInvalidArgumentError, DaytonaNotFoundError } from '../errors.ts'
import { quoteWord } from '../quote.ts'
import { builtin } from '../runtime.ts'
import { type Context, copySources, localSources, logicalLines } from './copy-sources.ts'
import { readDependencies } from './pyproject.ts'

export interface PipInstallOptions {
  findLinks?: string[]
  indexUrl?: string
  extraIndexUrls?: string[]
  pre?: boolean
  extraOptions?: string
}

export interface PyprojectOptions extends PipInstallOptions {
  optionalDependencies?: string[]
}

const pythons = { '3.9': '3.9', '3.10': '3.10', '3.11': '3.11', '3.12': '3.12', '3.13': '3.13' } as const

/** An image that is written down step by step; a sandbox or a snapshot that is made of it builds it. */
export class Image {
  #dockerfile = ''
  readonly #contexts: Context[] = []

  private constructor(dockerfile: string) {
    this.#dockerfile = dockerfile
  }

  /** Begins with an image by its name. */
  static base(image: string): Image {
    return new Image(`FROM ${image}\n`)
  }

  /** Begins with Python on a small Debian, with compilers. */
  static debianSlim(pythonVersion: keyof typeof pythons = '3.13'): Image {
    const version = pythons[pythonVersion]
    if (version === undefined)
      throw new DaytonaInvalidArgumentError(`Python ${pythonVersion} is not one of ${Object.keys(pythons).join(', ')}`)
    return Image.base(`python:${version}-slim-bookworm`).runCommands(
      'apt-get update',
      'apt-get install -y gcc gfortran build-essential',
      'pip install --upgrade pip',
      "echo 'debconf debconf/frontend select Noninteractive' | debconf-set-selections",
    )
  }

  /**
   * Takes a Dockerfile, and the local files that it copies: from `context`, or the folder that the file is in.
   *
   * @throws DaytonaNotFoundError without one
   */
  static fromDockerfile(path: string, options: { strictContext?: boolean; context?: string } = {}): Image {
    const { readFileSync } = builtin('node:fs', 'Image.fromDockerfile')
    const { dirname } = builtin('node:path', 'Image.fromDockerfile')
    const file = localPath(path, 'file')
    const text = readFileSync(file, 'utf8')
    const image = new Image(text.endsWith('\n') ? text : `${text}\n`)
    const folder = options.context === undefined ? dirname(file) : localPath(options.context, 'folder')
    image.#contexts.push(...copySources(text, folder, options.strictContext ?? false))
    return image
  }

  /**
   * Takes the text of a Dockerfile that needs no local files, also in a browser.
   *
   * @throws DaytonaInvalidArgumentError where it is empty, or copies local files
   */
  static fromDockerfileText(text: string): Image {
    if (text.trim() === '') throw new DaytonaInvalidArgumentError('The Dockerfile is empty')
    const [source] = localSources(text)
    if (source !== undefined)
      throw new DaytonaInvalidArgumentError(
        `The Dockerfile copies ${source}, but there are no local files beside a text`,
      )
    return new Image(text.endsWith('\n') ? text : `${text}\n`)
  }

  get dockerfile(): string {
    return this.#dockerfile
  }

  get contextList(): Context[] {
    return [...this.#contexts]
  }

  pipInstall(packages: string | string[], options?: PipInstallOptions): Image {
    const names = [packages].flat()
    if (names.length === 0) return this
    return this.#add(`RUN python -m pip install ${names.map(quoteWord).sort().join(' ')}${pipArguments(options)}`)
  }

  pipInstallFromRequirements(requirementsTxt: string, options?: PipInstallOptions): Image {
    this.addLocalFile(requirementsTxt, '/.requirements.txt')
    return this.#add(`RUN python -m pip install -r /.requirements.txt${pipArguments(options)}`)
  }

  pipInstallFromPyproject(pyprojectToml: string, options: PyprojectOptions = {}): Image {
    const { readFileSync } = builtin('node:fs', 'pipInstallFromPyproject')
    const text = readFileSync(localPath(pyprojectToml, 'file'), 'utf8')
    return this.pipInstall(readDependencies(text, options.optionalDependencies ?? []), options)
  }

  /** Copies a local file into the image. */
  addLocalFile(local: string, remotePath: string): Image {
    const { basename } = builtin('node:path', 'addLocalFile')
    return this.#copy(localPath(local, 'file'), remotePath.endsWith('/') ? remotePath + basename(local) : remotePath)
  }

  /** Copies what is in a local folder into a folder of the image. */
  addLocalDir(local: string, remotePath: string): Image {
    return this.#copy(localPath(local, 'folder'), remotePath)
  }

  /** Runs commands while it is built: a text goes to the shell, an array is words. */
  runCommands(...commands: (string | string[])[]): Image {
    for (const command of commands)
      this.#add(`RUN ${Array.isArray(command) ? command.map(quoteWord).join(' ') : command}`)
    return this
  }

  env(variables: Record<string, string>): Image {
    for (const [name, value] of Object.entries(variables)) {
      if (typeof value !== 'string') throw new DaytonaInvalidArgumentError(`The value of ${name} must be text`)
      this.#add(`ENV ${name}=${quoteWord(value)}`)
    }
    return this
  }

  workdir(path: string): Image {
    return this.#add(`WORKDIR ${quoteWord(path)}`)
  }

  entrypoint(words: string[]): Image {
    return this.#add(`ENTRYPOINT ${wordList(words)}`)
  }

  cmd(words: string[]): Image {
    return this.#add(`CMD ${wordList(words)}`)
  }

  /** Adds lines of a Dockerfile, and the local files that they copy from a folder. */
  dockerfileCommands(commands: string[], contextDir?: string, options: { strictContext?: boolean } = {}): Image {
    const isStrict = options.strictContext ?? false
    if (contextDir === undefined && isStrict) throw new DaytonaInvalidArgumentError('strictContext needs a contextDir')
    const text = commands.join('\n')
    if (logicalLines(text).some((line) => /^(COPY|ADD)\s/i.test(line)))
      this.#contexts.push(
        ...copySources(text, contextDir === undefined ? '.' : localPath(contextDir, 'folder'), isStrict),
      )
    return this.#add(text)
  }

  #copy(source: string, remotePath: string): Image {
    const path = source.replaceAll('\\', '/')
    this.#contexts.push({ sourcePath: source, archivePath: path.replace(/^(?:[A-Za-z]:)?\/+/, '') })
    const isPlain = ![path, remotePath].some((one) => /[\s"'$]/.test(one))
    return this.#add(isPlain ? `COPY ${path} ${remotePath}` : `COPY ${JSON.stringify([path, remotePath])}`)
  }

  #add(line: string): Image {
    this.#dockerfile += `${line}\n`
    return this
  }
}

function wordList(words: string[]): string {
  if (!Array.isArray(words) || words.some((word) => typeof word !== 'string'))
    throw new DaytonaInvalidArgumentError('A command must be an array of texts')
  return `[${words.map((word) => JSON.stringify(word)).join(', ')}]`
}

function pipArguments(options: PipInstallOptions = {}): string {
  const { findLinks = [], indexUrl, extraIndexUrls = [], pre, extraOptions } = options
  const words = [
    ...findLinks.map((link) => `--find-links ${quoteWord(link)}`),
    ...(indexUrl === undefined ? [] : [`--index-url ${quoteWord(indexUrl)}`]),
    ...extraIndexUrls.map((url) => `--extra-index-url ${quoteWord(url)}`),
    ...(pre === true ? ['--pre'] : []),
    ...(extraOptions === undefined ? [] : [extraOptions]),
  ]
  return words.map((word) => ` ${word}`).join('')
}

/** The whole path of a local file or folder, `~` at its beginning being the home. */
function localPath(path: string, kind: 'file' | 'folder'): string {
  const { statSync } = builtin('node:fs', 'An image with local files')
  const { resolve } = builtin('node:path', 'An image with local files')
  const { homedir } = builtin('node:os', 'An image with local files')
  const whole = resolve(path.replace(/^~(?=$|[/\\])/, () => homedir()))
  const found = statSync(whole, { throwIfNoEntry: false })
  if (found === undefined) throw new DaytonaNotFoundError(`There is no local ${kind} ${path}`)
  if (kind === 'file' ? !found.isFile() : !found.isDirectory())
    throw new DaytonaInvalidArgumentError(`${path} is no ${kind}`)
  return whole
}
