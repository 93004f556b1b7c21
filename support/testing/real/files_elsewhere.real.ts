import { execFileSync } from 'node:child_process'
import { chmodSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { accessAgent } from '../../agents/access'
import { gitAgent } from '../../agents/git'
import { hostSites } from '../../agents/providers/access/sites'
import { hostRepositories } from '../../agents/providers/git/repositories'
import { shellSteps } from '../../agents/providers/host_steps'
import type { Data } from '../../rpc/contracts/contract'
import type { Agent } from '../../rpc/server/agent'
import type { CommandRunner } from '../../system/command'
import { callOf } from '../call'
import { reasonOf } from '../failure'
import { GitServer } from '../git_server'
import { startNamespaceHost, type NamespaceHost } from '../namespace_host'
import { Scratch } from '../scratch'
import { shellFiles } from '../shell_files'

const HASH = `$2y$10$${'a'.repeat(53)}`
/** The user of the website’s files, who is not root. */
const USER = 'nobody'

describe('agents of another host, which has files of its own at the same paths', function () {
  this.timeout(300_000)
  let scratch: Scratch
  let server: GitServer
  let host: NamespaceHost
  let commands: string[]
  let commits: Record<string, string>

  const at = (...parts: string[]) => join(scratch.path, 'host', ...parts)
  const counted: CommandRunner = (program, args, limits) => {
    commands.push([program, ...args].join(' '))
    return host.run(program, args, limits)
  }
  const there = async (script: string) => {
    const { exitCode, stdout, output } = await host.run('sh', ['-c', script], { cwd: at() })
    if (exitCode !== 0) throw new Error(output)
    return stdout
  }
  const asked = async ({ actions }: Agent, action: string, inputs: Record<string, Data>) => {
    commands = []
    return (await actions[action]?.(inputs, callOf(action))) ?? {}
  }
  /** Returns all that is on this host in the folder: names, kinds, times and contents. */
  const here = (folder = at()): unknown[] =>
    readdirSync(folder).flatMap((name) => {
      const path = join(folder, name)
      const { mode, uid, ino, mtimeMs, ctimeMs } = lstatSync(path)
      const kind = mode & 0o170000
      const content =
        kind === 0o040000 ? here(path) : kind === 0o120000 ? readlinkSync(path) : readFileSync(path, 'utf8')
      return [[path, mode, uid, ino, mtimeMs, ctimeMs, content]]
    })

  before(async () => {
    scratch = new Scratch()
    chmodSync(scratch.path, 0o755)
    server = new GitServer(scratch)
    const script = '#!/bin/sh\necho "$(id -un) $TAG" >>$FOLDER/log\n'
    commits = {
      v1: server.release('v1', { 'index.html': 'one\n', 'scripts/pre': script }),
      v2: server.release('v2', { 'index.html': 'two\n' }),
    }
    // Git serves a folder to nobody but its owner.
    execFileSync('chown', ['-R', USER, server.path])
    // What this host has at the paths of the other one would be taken for a site and for a release.
    scratch.write('host/etc/users', 'mallory:x\n', 0o644)
    scratch.write('host/srv/releases/x/index.html', 'here\n', 0o644)
    scratch.write('host/srv/repository.git/HEAD', 'here\n', 0o644)
    scratch.write('host/state/website.json', '{"switches":[],"fetchedAt":1}\n')
    host = await startNamespaceHost(at())
    await there(`mkdir -m 755 etc srv && chown ${USER} srv && umask 027 && echo '# staff' >etc/users`)
  })
  after(async () => {
    await host?.stop()
    scratch.remove()
  })

  it('work on that host, as the user of its files, and touch nothing of this one', async () => {
    const before = here()
    const files = shellFiles(counted)
    const steps = shellSteps(counted, files)
    const uid = Number(await there('id -u'))
    const settings = {
      name: 'website',
      url: server.url,
      folder: at('srv'),
      user: USER,
      pre: 'scripts/pre',
      post: undefined,
      keep: 2,
      within: 10_000,
    }
    const git = gitAgent(
      hostRepositories({
        repositories: [settings],
        run: counted,
        files,
        looks: steps.folders,
        records: at('state', 'git'),
        now: () => 5_000,
        uid,
      }),
    )
    const repository = 'website'
    expect(await asked(git, 'status', { repository, tag: 'v1' })).to.include({
      commit: null,
      fetched_at: null,
    })
    const fetched = await asked(git, 'fetch', { repository })
    expect(fetched).to.deep.include({ added: ['v1', 'v2'], moved: [] })
    for (const tag of ['v1', 'v2']) {
      const commit = commits[tag] ?? ''
      const told = await asked(git, 'deploy', { repository, tag, commit })
      expect(told).to.include({ commit, tag, ran: true, whole: true, unchanged: true })
    }
    const { v1, v2 } = commits
    expect(await there('cat srv/current/index.html srv/log; readlink srv/current')).to.equal(
      `two\nnobody v1\nnobody v2\nreleases/${v2}`,
    )
    expect(await there('stat -c "%U %a" srv/current/index.html state/git state/git/website.json')).to.equal(
      'nobody 644\nroot 700\nroot 600',
    )
    await asked(git, 'status', { repository, tag: 'v2' })
    expect(commands.length, commands.join('\n')).to.be.at.most(4)
    await there('echo three >srv/current/index.html; touch srv/current/new')
    expect(await asked(git, 'status', { repository, tag: 'v1' })).to.deep.include({
      commit: v2,
      before: v1,
      tag_commit: v1,
      fetched_at: 5,
      changes: ['M index.html', '? new'],
    })

    const sites = [{ name: 'intranet', users: at('etc/users'), form: 'nginx' as const }]
    const access = accessAgent(hostSites(sites, counted, steps.guarded))
    const allowed = await asked(access, 'allow', { site: 'intranet', user: 'alice', hash: HASH })
    expect(allowed).to.include({ lines: 1, usable: true, changed: true })
    expect(commands.join()).to.not.contain(HASH)
    expect(await there('cat etc/users; stat -c "%U %a" etc/users; ls -A etc')).to.equal(
      `# staff\nalice:${HASH}\nroot 640\nusers`,
    )
    await asked(access, 'status', { site: 'intranet', user: 'alice' })
    expect(commands).to.have.length(1)
    await there('ln -s /etc/passwd etc/linked')
    const linked = accessAgent(
      hostSites([{ name: 'intranet', users: at('etc/linked'), form: 'nginx' }], counted, steps.guarded),
    )
    expect(await reasonOf(asked(linked, 'remove', { site: 'intranet', user: 'root' }))).to.match(
      /it is a link$/,
    )
    expect(here()).to.deep.equal(before)
  })
})
