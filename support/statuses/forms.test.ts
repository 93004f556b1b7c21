import { expect } from 'chai'
import type { StatusSettings } from '../config/status_setting'
import type { CommitStatus } from './commit_status'
import { requestOf } from './forms'

const C = '9f3c1a2b7d109f3c1a2b7d109f3c1a2b7d10abcd'
const status: CommitStatus = {
  repository: 'website',
  commit: C,
  state: 'failed',
  description: 'the tests FAILED',
}
const settings = (
  kind: StatusSettings['kind'],
  api: string,
  repository = 'acme/website',
): StatusSettings => ({
  kind,
  api,
  repository,
  token: 't0ken',
  context: 'lockstep',
})

/** The forms are those of the documentation of each server: “Create a commit status”, and “Set commit pipeline status”. */
describe('the form of a status', () => {
  const posted = (to: StatusSettings, state: CommitStatus['state'] = 'failed') => {
    const { url, headers, body } = requestOf(to, { ...status, state })
    return { url, headers, body: JSON.parse(body) as Record<string, string> }
  }

  it('is that of GitHub', () => {
    const { url, headers, body } = posted(settings('github', 'https://api.github.com'))
    expect(url).to.equal(`https://api.github.com/repos/acme/website/statuses/${C}`)
    expect(headers).to.include({ authorization: 'Bearer t0ken', accept: 'application/vnd.github+json' })
    expect(body).to.deep.equal({ state: 'failure', context: 'lockstep', description: 'the tests FAILED' })
  })

  it('is that of GitLab, whose project is one part of the path', () => {
    const { url, headers, body } = posted(settings('gitlab', 'https://gitlab.com/api/v4', 'acme/web/website'))
    expect(url).to.equal(`https://gitlab.com/api/v4/projects/acme%2Fweb%2Fwebsite/statuses/${C}`)
    expect(headers).to.deep.equal({ 'private-token': 't0ken' })
    expect(body).to.deep.equal({ state: 'failed', name: 'lockstep', description: 'the tests FAILED' })
  })

  it('is that of Gitea', () => {
    const { url, headers, body } = posted(settings('gitea', 'https://git.example.net/api/v1'))
    expect(url).to.equal(`https://git.example.net/api/v1/repos/acme/website/statuses/${C}`)
    expect(headers).to.deep.equal({ authorization: 'token t0ken' })
    expect(body).to.deep.equal({ state: 'failure', context: 'lockstep', description: 'the tests FAILED' })
  })

  it('calls success and waiting by the names that each server has', () => {
    for (const kind of ['github', 'gitlab', 'gitea'] as const) {
      expect(posted(settings(kind, 'https://x'), 'succeeded').body['state']).to.equal('success')
      expect(posted(settings(kind, 'https://x'), 'pending').body['state']).to.equal('pending')
    }
  })

  it('has a description that GitHub takes, cut between characters', () => {
    const description = '😀'.repeat(200)
    const { body } = requestOf(settings('github', 'https://x'), { ...status, description })
    const told = (JSON.parse(body) as { description: string }).description
    expect([...told]).to.have.length(140)
    expect(told.endsWith('😀…')).to.equal(true)
  })
})
