import { userInfo } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { gitAgent } from '../../agents/git'
import { hostRepositories } from '../../agents/providers/git/repositories'
import { shellSteps } from '../../agents/providers/host_steps'
import type { Data } from '../../rpc/contracts/contract'
import { openRemoteHost, type RemoteHost } from '../../ssh/remote_host'
import { SshPool } from '../../ssh/ssh_pool'
import { systemClock } from '../../system/clock'
import type { CommandRunner } from '../../system/command'
import type { HostFiles } from '../../system/host_files'
import { callOf } from '../call'
import { folderLooksContract } from '../folder_looks_contract'
import { GitServer } from '../git_server'
import { guardedFilesContract } from '../guarded_files_contract'
import { Scratch } from '../scratch'
import { Sshd } from './sshd'

describe('the files of a host that is reached by ssh', function () {
  this.timeout(240_000)
  const scratch = new Scratch()
  let sshd: Sshd
  let host: RemoteHost
  const run: CommandRunner = (...command) => host.run(...command)
  const files: HostFiles = {
    look: (path) => host.files.look(path),
    read: (path, maxBytes) => host.files.read(path, maxBytes),
    list: (folder) => host.files.list(folder),
    write: (path, content, mode) => host.files.write(path, content, mode),
    remove: (path) => host.files.remove(path),
  }
  const steps = shellSteps(run, files)

  before(async () => {
    sshd = await Sshd.start(scratch, 'sshd')
    const options = { clock: systemClock, pool: new SshPool(), configFile: sshd.clientConfig }
    host = openRemoteHost({ host: 'alias' }, options)
  })
  after(async () => {
    await host.close()
    await sshd.stop()
    scratch.remove()
  })

  describe('that are guarded', () => guardedFilesContract(steps.guarded))
  describe('of a repository', () => folderLooksContract(steps.folders))

  it('get the tags of a git server, and serve one', async () => {
    const server = new GitServer(scratch)
    const v1 = server.release('v1', { 'index.html': 'one\n' })
    const folder = join(scratch.path, 'website')
    const { actions } = gitAgent(
      hostRepositories({
        repositories: [
          {
            name: 'website',
            url: server.url,
            folder,
            user: userInfo().username,
            pre: undefined,
            post: undefined,
            keep: 2,
            within: 10_000,
          },
        ],
        run,
        files,
        looks: steps.folders,
        records: join(scratch.path, 'state'),
        now: () => Date.now(),
        uid: process.getuid?.() ?? 0,
      }),
    )
    const ask = async (action: string, inputs: Record<string, Data> = {}) =>
      (await actions[action]?.({ repository: 'website', ...inputs }, callOf(action))) ?? {}
    expect(await ask('fetch')).to.deep.include({ added: ['v1'] })
    expect(await ask('deploy', { tag: 'v1', commit: v1 })).to.include({ commit: v1, whole: true, ran: true })
    expect(await ask('status', { tag: 'v1' })).to.include({ commit: v1, unchanged: true, tag_commit: v1 })
  })
})
