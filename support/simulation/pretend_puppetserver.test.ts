import { expect } from 'chai'
import type { GitFaults } from './pretend_git'
import { pretendCommit, pretendGit } from './pretend_git'
import { pretendPuppetserver } from './pretend_puppetserver'

const signal = new AbortController().signal
const WELL: GitFaults = { lies: () => false, failsAfter: () => false, lacks: () => false, moved: () => false }

describe('a pretended puppetserver', () => {
  const on = (faults: Partial<GitFaults>) => {
    const git = pretendGit({ puppet: ['1.0', '1.1'] }, { puppet: '1.0' }, { ...WELL, ...faults })
    const server = pretendPuppetserver('master1', () => git.whole('puppet'))
    return { git, version: async () => (await server.serving(undefined, signal)).version }
  }
  const deployed = `1.1 ${pretendCommit('puppet', '1.1')}`

  it('compiles the release that was deployed', async () => {
    const { git, version } = on({})
    expect(await version()).to.equal(`1.0 ${pretendCommit('puppet', '1.0')}`)
    await git.find('puppet')?.deploy('1.1', pretendCommit('puppet', '1.1'), signal)
    expect(await version()).to.equal(deployed)
  })

  it('compiles older code where the host lies, or its post script has failed', async () => {
    for (const faults of [{ lies: () => true }, { failsAfter: () => true }]) {
      const { git, version } = on(faults)
      try {
        await git.find('puppet')?.deploy('1.1', pretendCommit('puppet', '1.1'), signal)
      } catch {
        // Its post script has failed.
      }
      expect(await version()).not.to.equal(deployed)
    }
  })

  it('fails where it has no code', async () => {
    const git = pretendGit({}, {}, WELL)
    const server = pretendPuppetserver('master1', () => git.whole('puppet'))
    expect(() => server.serving(undefined, signal)).to.throw('has no code')
  })
})
