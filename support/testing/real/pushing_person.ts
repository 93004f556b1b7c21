import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const PERSON = {
  GIT_AUTHOR_NAME: 'A developer',
  GIT_AUTHOR_EMAIL: 'developer@example.net',
  GIT_COMMITTER_NAME: 'A developer',
  GIT_COMMITTER_EMAIL: 'developer@example.net',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
}

/** The words that a person sees of a push. */
export interface Pushed {
  isTaken: boolean
  text: string
}

/** A person with a working copy, who pushes by real git and sees what the server says. */
export class PushingPerson {
  readonly copy: string

  constructor(
    folder: string,
    private readonly url: string,
    private readonly env: Readonly<Record<string, string>> = {},
    format: 'sha1' | 'sha256' = 'sha1',
  ) {
    this.copy = join(folder, 'copy')
    mkdirSync(this.copy, { recursive: true })
    this.git('init', '--quiet', '--template=', '--initial-branch=main', `--object-format=${format}`)
    // Its housekeeping in the background would write into a folder that a test removes.
    this.git('config', 'gc.auto', '0')
  }

  /** Commits files; one of `undefined` is removed, and one of `{ to }` is a symbolic link. */
  commit(files: Readonly<Record<string, string | Buffer | { to: string } | undefined>>): string {
    for (const [name, content] of Object.entries(files)) {
      const path = join(this.copy, name)
      rmSync(path, { force: true, recursive: true })
      if (content === undefined) continue
      mkdirSync(dirname(path), { recursive: true })
      if (typeof content === 'string' || Buffer.isBuffer(content)) writeFileSync(path, content)
      else symlinkSync(content.to, path)
    }
    this.git('add', '--all', '--force')
    this.git('commit', '--quiet', '--allow-empty', '--message=change')
    return this.git('rev-parse', 'HEAD')
  }

  /** Goes back to what the server has, or to nothing, so that a refused commit is in no later push. */
  reset(to: string): void {
    this.git('checkout', '--quiet', '--force', '-B', 'main', to)
  }

  push(
    refs: readonly string[],
    env: Readonly<Record<string, string>> = {},
    options: readonly string[] = [],
  ): Pushed {
    const { status, stdout, stderr } = spawnSync('git', ['push', '--force', ...options, this.url, ...refs], {
      cwd: this.copy,
      encoding: 'utf8',
      env: { ...process.env, ...PERSON, ...this.env, ...env },
    })
    return { isTaken: status === 0, text: `${stdout}${stderr}`.replace(/ +$/gm, '') }
  }

  git(...args: string[]): string {
    return execFileSync('git', args, {
      cwd: this.copy,
      encoding: 'utf8',
      env: { ...process.env, ...PERSON },
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim()
  }
}
