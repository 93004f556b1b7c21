import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import type { Scratch } from './scratch'

/** A repository with tags for tests: what a git server has, in a folder. */
export class GitServer {
  readonly path: string
  readonly url: string

  constructor(private readonly scratch: Scratch) {
    this.path = join(scratch.path, 'server')
    this.url = `file://${this.path}`
    this.git('init', '--quiet', '--initial-branch=main', this.path)
  }

  /** Commits files, tags that, and returns the commit. A tag that is there is moved. */
  release(tag: string, files: Readonly<Record<string, string>>): string {
    for (const [name, content] of Object.entries(files))
      this.scratch.write(`server/${name}`, content, content.startsWith('#!') ? 0o755 : 0o644)
    this.git('add', '--all')
    this.git('commit', '--quiet', '--allow-empty', '-m', tag)
    this.git('tag', '--force', '-m', tag, '--', tag)
    return this.git('rev-parse', 'HEAD')
  }

  git(...args: string[]): string {
    const own = args[0] === 'init' ? [] : ['-C', this.path]
    const identity = ['-c', 'user.name=developer', '-c', 'user.email=developer@example.net']
    return execFileSync('git', [...own, ...identity, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { PATH: process.env['PATH'], HOME: this.scratch.path, GIT_CONFIG_NOSYSTEM: '1' },
    }).trim()
  }
}
