import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { ActionFailed } from '../../../rpc/server/agent'
import type { Data } from '../../../rpc/contracts/contract'
import { runCommand, type CommandRunner } from '../../../system/command'
import { localFiles } from '../../../system/local_files'
import { callOf } from '../../../testing/call'
import { GitServer } from '../../../testing/git_server'
import { Scratch } from '../../../testing/scratch'
import { shellFiles } from '../../../testing/shell_files'
import { gitAgent } from '../../git'
import { localFolderLooks } from './folder_looks_local'
import { shellFolderLooks } from './folder_looks_shell'
import { hostRepositories } from './repositories'
import type { RepositorySettings } from './settings'

const MEMBERS = [
  ['with its own files', () => ({ files: localFiles, looks: localFolderLooks })],
  ['by a shell', (run: CommandRunner) => ({ files: shellFiles(run), looks: shellFolderLooks(run) })],
] as const

for (const [where, stepsOf] of MEMBERS)
  describe(`a repository on a host, ${where} @long`, function () {
    this.timeout(300_000)
    let scratch: Scratch
    let server: GitServer
    let v1: string
    let v2: string
    beforeEach(() => {
      scratch = new Scratch()
      server = new GitServer(scratch)
      v1 = server.release('v1', { 'index.html': 'one\n', 'lib/a b.txt': 'a\n', '.gitignore': 'cache/\n' })
      v2 = server.release('v2', { 'index.html': 'two\n' })
    })
    afterEach(() => scratch.remove())

    const folder = () => join(scratch.path, 'website')
    const log = () => join(scratch.path, 'log')
    const logged = () => (existsSync(log()) ? readFileSync(log(), 'utf8').trim().split('\n') : [])
    const script = (name: string, body: string) =>
      scratch.write(name, `#!/bin/sh\necho "${name} $TAG $COMMIT $PREVIOUS" >> ${log()}\n${body}\n`, 0o755)
    /** Returns what a host answers, as a daemon that was just started. */
    const host = (more: Partial<RepositorySettings> = {}, run: CommandRunner = runCommand) => {
      const settings = {
        name: 'website',
        url: server.url,
        folder: folder(),
        user: userInfo().username,
        pre: undefined,
        post: undefined,
        keep: 3,
        within: 10_000,
        ...more,
      }
      const records = join(scratch.path, 'state')
      const uid = process.getuid?.() ?? 0
      const found = hostRepositories({
        repositories: [settings],
        run,
        ...stepsOf(run),
        records,
        now: () => 5_000,
        uid,
      })
      const { actions } = gitAgent(found)
      const ask = async (action: string, inputs: Record<string, Data> = {}): Promise<Record<string, Data>> =>
        (await actions[action]?.({ repository: 'website', ...inputs }, callOf(action))) ?? {}
      const fails = async (action: string, inputs: Record<string, Data> = {}): Promise<ActionFailed> => {
        try {
          await ask(action, inputs)
        } catch (error) {
          return error as ActionFailed
        }
        throw new Error(`${action} did not fail`)
      }
      return { ask, fails }
    }
    const deployed = async (more: Partial<RepositorySettings> = {}, tag = 'v1', commit = v1) => {
      const made = host(more)
      await made.ask('fetch')
      await made.ask('deploy', { tag, commit })
      return made
    }
    const served = () => readFileSync(join(folder(), 'current/index.html'), 'utf8').trim()

    it('fetches tags, tells their commits, and serves one by its commit', async () => {
      const { ask } = host()
      expect(await ask('status', { tag: 'v1' })).to.include({ commit: null, tag_commit: null, whole: false })
      expect(await ask('fetch')).to.deep.include({
        added: ['v1', 'v2'],
        moved: [],
        ignored: 0,
        fetched_at: 5,
      })
      expect((await ask('tags'))['tags']).to.deep.equal({ v1, v2 })
      expect(await ask('tags', { tag: 'v1' })).to.deep.include({ tags: { v1 }, count: 1 })
      expect(await ask('tags', { tag: 'v3' })).to.deep.include({ tags: {}, count: 0 })
      const answer = await ask('deploy', { tag: 'v1', commit: v1 })
      expect(answer).to.include({
        commit: v1,
        tag: 'v1',
        ran: true,
        whole: true,
        unchanged: true,
        before: null,
      })
      expect(readlinkSync(join(folder(), 'current'))).to.equal(`releases/${v1}`)
      expect(served()).to.equal('one')
      const next = await ask('deploy', { tag: 'v2', commit: v2 })
      expect(next).to.include({ commit: v2, before: v1, problem: null })
      expect(served()).to.equal('two')
    })

    it('tells the tags that are there now, and not those that it once fetched', async () => {
      const { ask } = host()
      await ask('fetch')
      rmSync(join(folder(), 'repository.git'), { recursive: true })
      expect(await ask('tags', { tag: 'v1' })).to.deep.include({ tags: {}, count: 0, fetched_at: 5 })
    })

    it('tells no tag whose commit is lost', async () => {
      const { ask, fails } = host()
      await ask('fetch')
      const objects = join(folder(), 'repository.git', 'objects')
      rmSync(objects, { recursive: true })
      mkdirSync(objects)
      const answer = await fails('tags', { tag: 'v1' })
      expect(answer.message).to.match(/missing object|bad object|not a git repository|broken/i)
    })

    it('needs no server for a deploy of what it has fetched, and runs nothing where it is there already', async () => {
      const scripts = { pre: script('pre', ''), post: script('post', '') }
      const { ask } = await deployed(scripts)
      renameSync(server.path, `${server.path}.away`)
      await ask('deploy', { tag: 'v2', commit: v2 })
      const lines = [`pre v1 ${v1} `, `post v1 ${v1} `, `pre v2 ${v2} ${v1}`, `post v2 ${v2} ${v1}`]
      expect(logged()).to.deep.equal(lines)
      expect(await ask('deploy', { tag: 'v2', commit: v2 })).to.include({ ran: false, commit: v2 })
      expect(logged()).to.deep.equal(lines)
    })

    it('does not take a tag that has moved, names it, and takes it where that very commit is accepted', async () => {
      const { ask, fails } = await deployed()
      const moved = server.release('v2', { 'index.html': 'other\n' })
      const v3 = server.release('v3', {})
      expect(await ask('fetch')).to.deep.include({
        added: ['v3'],
        moved: [{ tag: 'v2', from: v2, to: moved }],
      })
      expect((await fails('fetch', { tag: 'v2' })).message).to.match(/tag v2 has moved .* not taken/)
      expect(await ask('status', { tag: 'v2' })).to.include({ tag_commit: v2, server_commit: moved })
      expect((await fails('deploy', { tag: 'v2', commit: v2 })).message).to.contain('has moved on the server')
      expect((await fails('fetch', { tag: 'v2', accept: v3 })).message).to.contain('has moved')
      expect(await ask('fetch', { tag: 'v2', accept: moved })).to.include({ tag_commit: moved })
      expect(await ask('deploy', { tag: 'v2', commit: moved })).to.include({ commit: moved })
    })

    it('refuses a tag that it does not have, one at another commit, and a repository that it does not know', async () => {
      const { fails, ask } = await deployed()
      expect((await fails('deploy', { tag: 'v9', commit: v1 })).message).to.contain(
        'no tag v9; fetch it first',
      )
      expect((await fails('fetch', { tag: 'v9' })).message).to.contain('has no tag v9')
      expect((await fails('deploy', { tag: 'v2', commit: v1 })).message).to.contain(
        `v2 is at ${v2} on this host`,
      )
      expect((await fails('status', { repository: 'shop' })).message).to.contain('(configured: website)')
      expect(await ask('status')).to.include({ commit: v1, whole: true })
    })

    it('switches nothing when the pre script fails, and begins anew the next time', async () => {
      await deployed()
      const failing = host({ pre: script('pre', 'echo half > half; echo no space left >&2; exit 3') })
      const error = await failing.fails('deploy', { tag: 'v2', commit: v2 })
      expect(error.message).to.match(
        /pre script .* exit status 3; nothing was switched; .* is \w{40}, as before/,
      )
      expect(error.data).to.include({ commit: v1, whole: true, output: 'no space left' })
      expect(await host().ask('deploy', { tag: 'v2', commit: v2 })).to.include({ commit: v2, whole: true })
    })

    it('keeps the files of a script that may still run, and switches nothing', async () => {
      await deployed()
      const pre = script('pre', '')
      const lost: CommandRunner = async (program, args, limits) =>
        program === 'setpriv' || program === pre
          ? { exitCode: undefined, stdout: '', output: '', failure: 'unknown: the connection was lost' }
          : runCommand(program, args, limits)
      const error = await host({ pre }, lost).fails('deploy', { tag: 'v2', commit: v2 })
      expect(error.message).to.match(/unknown: the connection was lost; nothing was switched; .* as before/)
      expect(existsSync(join(folder(), 'releases', v2, 'index.html'))).to.equal(true)
      expect(served()).to.equal('one')
      expect(await host({ pre }).ask('deploy', { tag: 'v2', commit: v2 })).to.include({
        commit: v2,
        whole: true,
      })
    })

    it('tells which commit is served when the post script fails, and does it again until it succeeds', async () => {
      await deployed()
      const failing = host({ post: script('post', 'exit 1') })
      const error = await failing.fails('deploy', { tag: 'v2', commit: v2 })
      expect(error.message).to.match(new RegExp(`post script .*; the commit served is ${v2}, and was ${v1}`))
      expect(error.data).to.include({ commit: v2, before: v1, whole: false })
      expect((await host().ask('status'))['problem']).to.contain('not known to have succeeded')
      const mended = host({ post: script('post', '') })
      expect(await mended.ask('deploy', { tag: 'v2', commit: v2 })).to.include({ ran: true, whole: true })
      expect(logged()).to.have.length(2)
    })

    it('knows after its daemon was killed whether the link was switched, and whether the post script ran', async () => {
      await deployed()
      /** Returns a runner that never comes back from the first program that `stops` picks. */
      const dying =
        (stops: (program: string, args: readonly string[]) => boolean, after = false): CommandRunner =>
        async (program, args, limits) => {
          if (!stops(program, args)) return runCommand(program, args, limits)
          if (after) await runCommand(program, args, limits)
          throw new Error('killed')
        }
      const isSwitch = (program: string, args: readonly string[]) =>
        program === 'mv' && args.at(-1) === join(folder(), 'current')
      await host({}, dying(isSwitch)).fails('deploy', { tag: 'v2', commit: v2 })
      expect(await host().ask('status')).to.include({ commit: v1, whole: true, tag: 'v1', problem: null })
      await host({}, dying(isSwitch, true)).fails('deploy', { tag: 'v2', commit: v2 })
      expect(await host().ask('status')).to.include({ commit: v2, whole: false, before: v1 })
      expect(await host().ask('deploy', { tag: 'v2', commit: v2 })).to.include({ ran: true, whole: true })
    })

    it('@long tells the truth, and gets there, after its daemon was killed at any program of a deploy', async function () {
      this.timeout(600_000)
      const scripts = { pre: script('pre', ''), post: script('post', '') }
      await deployed(scripts)
      const isThere = (commit: string) => existsSync(join(folder(), 'releases', commit))
      for (let last = 0; ; last += 1) {
        // All but the scripts of the deploy of v1 is forgotten, and v1 is served as it was.
        if (isThere(v2)) rmSync(join(folder(), 'releases', v2), { recursive: true })
        let runs = 0
        const dying: CommandRunner = (program, args, limits) => {
          runs += 1
          return runs > last ? Promise.reject(new Error('killed')) : runCommand(program, args, limits)
        }
        const before = logged().length
        const hasEnded = await host(scripts, dying)
          .ask('deploy', { tag: 'v2', commit: v2 })
          .then(
            () => true,
            () => false,
          )
        const hasRunPost = logged().slice(before).includes(`post v2 ${v2} ${v1}`)
        const status = await host(scripts).ask('status')
        expect(status['unchanged'], `killed at program ${last}`).to.equal(true)
        expect(served()).to.equal(status['commit'] === v2 ? 'two' : 'one')
        if (status['commit'] === v2) expect(status['whole'] === true && !hasRunPost).to.equal(false)
        else expect(status).to.include({ commit: v1, whole: true })
        const next = await host(scripts).ask('deploy', { tag: 'v2', commit: v2 })
        expect(next).to.include({ commit: v2, whole: true, unchanged: true, before: v1 })
        expect(served()).to.equal('two')
        await host(scripts).ask('deploy', { tag: 'v1', commit: v1 })
        if (hasEnded) break
      }
    })

    it('never takes half a release for one', async () => {
      await deployed()
      const stopping: CommandRunner = async (program, args, limits) => {
        if (program === 'sync') throw new Error('killed')
        return runCommand(program, args, limits)
      }
      await host({}, stopping).fails('deploy', { tag: 'v2', commit: v2 })
      expect(existsSync(join(folder(), 'releases', v2))).to.equal(false)
      rmSync(join(folder(), `releases/.${v2}.new/index.html`))
      expect(await host().ask('deploy', { tag: 'v2', commit: v2 })).to.include({
        commit: v2,
        unchanged: true,
      })
    })

    it('names files that were changed, even with their size and time as they were', async () => {
      const { ask, fails } = await deployed()
      const file = join(folder(), 'current/index.html')
      const { atime, mtime } = lstatSync(file)
      writeFileSync(file, 'One\n')
      utimesSync(file, atime, mtime)
      scratch.write('website/current/new.php', '')
      scratch.write('website/current/cache/page', '')
      rmSync(join(folder(), 'current/lib/a b.txt'))
      expect(await ask('status')).to.deep.include({
        unchanged: false,
        changes: ['M index.html', 'D lib/a b.txt', '? new.php'],
      })
      const refused = await fails('deploy', { tag: 'v1', commit: v1 })
      expect(refused.message).to.contain('were changed on this host and are served so: M index.html')
      // Another tag can be deployed, and going back does not serve what was changed.
      await ask('deploy', { tag: 'v2', commit: v2 })
      expect((await fails('deploy', { tag: 'v1', commit: v1 })).message).to.contain('not as the commit is')
      expect(served()).to.equal('two')
    })

    it('is not kept from seeing files by what is not in the commit', async () => {
      const { ask } = await deployed({}, 'v2', v2)
      const changes = async () => (await ask('status'))['changes']
      const current = join(folder(), 'current')
      scratch.write('website/current/cache/deep/.gitignore', '*\n')
      scratch.write('website/current/cache/deep/.git/config', '')
      expect(await changes()).to.deep.equal([])
      scratch.write('website/current/lib/own/shell.php', '')
      scratch.write('website/current/lib/own/.gitignore', '*\n')
      expect(await changes()).to.deep.equal(['? lib/own/.gitignore'])
      rmSync(join(current, 'lib/own'), { recursive: true })
      scratch.write('website/current/lib/.git/shell.php', '')
      expect(await changes()).to.deep.equal(['? lib/.git'])
      rmSync(join(current, 'lib/.git'), { recursive: true })
      scratch.write('website/current/shell.php', '')
      const exclude = scratch.write('website/repository.git/info/exclude', '# none\nshell.php\n')
      expect(await changes()).to.deep.equal([`! ${exclude}`])
      writeFileSync(exclude, '# none\n')
      expect(await changes()).to.deep.equal(['? shell.php'])
    })

    it('does not fetch a tag that the server has no more, or no more at a commit', async () => {
      const { ask, fails } = await deployed()
      server.git('tag', '--delete', 'v2')
      const gone = await fails('fetch', { tag: 'v2' })
      expect(gone.message).to.match(new RegExp(`no tag v2 at a commit any more; .* at ${v2}`))
      server.git('tag', 'v2', server.git('rev-parse', 'HEAD:index.html'))
      expect((await fails('fetch', { tag: 'v2' })).message).to.contain('no tag v2 at a commit any more')
      expect(await ask('fetch')).to.include({ ignored: 1 })
    })

    it('fetches all other tags where one has become a folder of tags', async () => {
      const { ask, fails } = await deployed()
      server.git('tag', '--delete', 'v2')
      server.git('tag', 'v2/rc', v2)
      server.git('tag', 'v3', v1)
      expect(await ask('fetch')).to.deep.include({ added: ['v3'], ignored: 1 })
      expect((await fails('fetch', { tag: 'v2/rc' })).message).to.contain('cannot take the tag v2/rc')
    })

    it('names a link that something else has set, and replaces nothing but a link', async () => {
      const { ask, fails } = await deployed()
      await ask('deploy', { tag: 'v2', commit: v2 })
      rmSync(join(folder(), 'current'))
      symlinkSync(`releases/${v1}`, join(folder(), 'current'))
      expect(await ask('status')).to.include({ commit: v1, whole: false })
      expect((await ask('status'))['problem']).to.contain('by something else than a deploy')
      rmSync(join(folder(), 'current'))
      symlinkSync('/etc', join(folder(), 'current'))
      expect(await ask('status')).to.include({ commit: null, whole: false })
      expect((await ask('status'))['problem']).to.contain('leads to /etc')
      rmSync(join(folder(), 'current'))
      mkdirSync(join(folder(), 'current'))
      expect((await fails('deploy', { tag: 'v2', commit: v2 })).message).to.contain('is no link')
    })

    it('does not take a link for the folder of a release', async () => {
      const { ask, fails } = await deployed()
      const real = join(folder(), 'releases', v1)
      renameSync(real, join(scratch.path, 'elsewhere'))
      symlinkSync(join(scratch.path, 'elsewhere'), real)
      expect(await ask('status')).to.include({ commit: null })
      expect((await ask('status'))['problem']).to.contain('no folder of its own')
      expect((await fails('deploy', { tag: 'v1', commit: v1 })).message).to.contain('no folder of its own')
    })

    it('keeps as many releases as it is told, the one before always', async () => {
      const { ask } = await deployed({ keep: 2 })
      const v3 = server.release('v3', { 'index.html': 'three\n' })
      await ask('fetch')
      await ask('deploy', { tag: 'v2', commit: v2 })
      await ask('deploy', { tag: 'v3', commit: v3 })
      const kept = [v1, v2, v3].map((commit) => existsSync(join(folder(), 'releases', commit)))
      expect(kept).to.deep.equal([false, true, true])
      expect(await ask('deploy', { tag: 'v1', commit: v1 })).to.include({
        commit: v1,
        before: v3,
        unchanged: true,
      })
    })

    it('takes a script from the release, and only from there', async () => {
      const body = `#!/bin/sh\necho "$(pwd) $REPOSITORY" >> ${log()}\n`
      const v3 = server.release('v3', { 'scripts/pre': body, 'scripts/plain': 'text\n' })
      symlinkSync('/bin/true', join(server.path, 'scripts/out'))
      const v4 = server.release('v4', {})
      const { ask } = host({ pre: 'scripts/pre' })
      await ask('fetch')
      await ask('deploy', { tag: 'v3', commit: v3 })
      expect(logged()).to.deep.equal([`${join(folder(), 'releases', v3)} website`])
      const refusals = {
        'scripts/out': 'leads out',
        'scripts/plain': 'not executable',
        'scripts/no': 'has no',
      }
      for (const [post, why] of Object.entries(refusals))
        expect((await host({ post }).fails('deploy', { tag: 'v4', commit: v4 })).message).to.contain(why)
      expect(logged()).to.have.length(1)
    })

    it('ends a script whose time is over', async () => {
      const slow = host({ pre: script('pre', 'sleep 20'), within: 200 })
      await slow.ask('fetch')
      const error = await slow.fails('deploy', { tag: 'v1', commit: v1 })
      expect(error.message).to.match(/longer than 0.2 s and was ended; nothing was switched/)
    })

    it('refuses a commit with submodules, whose files would be missing', async () => {
      server.git('update-index', '--add', '--cacheinfo', `160000,${v1},lib/other`)
      server.git('commit', '--quiet', '-m', 'with a submodule')
      server.git('tag', 'v3')
      const v3 = server.git('rev-parse', 'HEAD')
      const { ask, fails } = host()
      await ask('fetch')
      expect((await fails('deploy', { tag: 'v3', commit: v3 })).message).to.contain('submodule lib/other')
    })

    it('takes no tag of the server whose name could be anything else', async () => {
      for (const name of ['ünï', 'a'.repeat(120), '0'.repeat(40), 'x`id`', "a'b", 'a&b'])
        server.git('update-ref', `refs/tags/${name}`, v1)
      server.git('update-ref', 'refs/tags/-x', v1)
      const { ask } = host()
      expect(await ask('fetch')).to.deep.include({ added: ['v1', 'v2'], ignored: 7 })
    })

    it('runs no hook, and shows no password of a URL', async () => {
      const { ask } = await deployed()
      for (const name of ['post-checkout', 'reference-transaction', 'post-index-change'])
        scratch.write(`website/repository.git/hooks/${name}`, `#!/bin/sh\necho ${name} >> ${log()}\n`, 0o755)
      server.release('v3', {})
      await ask('fetch')
      await ask('deploy', { tag: 'v2', commit: v2 })
      expect(logged()).to.deep.equal([])
      const away = host({ url: 'http://deploy:s3cret-word@127.0.0.1:1/website.git' })
      const error = await away.fails('fetch')
      expect(error.message)
        .to.match(/git ended with exit status 128/)
        .and.not.contain('s3cret-word')
      expect(await away.ask('status')).to.include({ url: 'http://deploy@127.0.0.1:1/website.git' })
      const token = host({ url: 'https://t0ken@git.example.net/website.git' })
      expect(await token.ask('status')).to.include({ url: 'https://git.example.net/website.git' })
    })

    it('refuses another user where it is not root', async () => {
      const settings = {
        name: 'website',
        url: server.url,
        folder: folder(),
        user: 'daemon',
        keep: 2,
        within: 1,
      }
      const found = hostRepositories({
        repositories: [{ ...settings, pre: undefined, post: undefined }],
        run: runCommand,
        ...stepsOf(runCommand),
        records: scratch.path,
        now: () => 0,
        uid: 4711,
      })
      const fetch = gitAgent(found).actions['fetch']
      const error = await Promise.resolve(fetch?.({ repository: 'website' }, callOf('fetch'))).catch(String)
      expect(error).to.contain('only root can run programs as daemon')
    })
  })
