import { expect } from 'chai'
import * as fc from 'fast-check'
import { inputFault } from '../../rpc/contracts/contract'
import { managedActions } from '../../rpc/contracts/managed_resources'
import { inRequests, judgeRemains, readLooked, removedFrom } from './remains'

const none: ReadonlySet<string> = new Set()
const removed = (before: readonly string[], now: readonly string[] = [], except: readonly string[] = []) =>
  removedFrom(new Set(before), new Set(now), new Set(except))
const looked = (...each: readonly object[]) => readLooked({ looked: each })

describe('the resources that a release has removed', () => {
  it('are those that are managed under no title any more, without those that are excepted', () => {
    expect(removed(['Package[b]', 'Package[a]', 'User[c]'], ['Package[b]'], ['User[c]']).asked).to.deep.equal(
      ['Package[a]'],
    )
  })

  it('are never passed over because they cannot be asked about', () => {
    const before = ['Package[rake] by gem', 'File[C:/x]', 'Service[a b]', 'Folder[/srv]']
    const { asked, untold } = removed(before, ['File[/srv]'])
    expect(asked).to.deep.equal([])
    expect([...untold.keys()]).to.deep.equal(before)
    expect(judgeRemains('1', { asked, untold }, new Map(), none).passed).to.equal(false)
    // A folder that is removed as well is asked about as such.
    expect(removed(['File[/srv]', 'Folder[/srv]'])).to.deep.equal({
      asked: ['File[/srv]'],
      untold: new Map(),
    })
  })

  it('are asked about in requests that an agent takes, each once', () => {
    const name = fc.stringMatching(/^[a-z0-9_][a-z0-9_.@+-]{0,400}$/)
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 500 }), (names) => {
        const { asked } = removed(names.map((each) => `File[/${each}]`))
        const requests = inRequests(asked)
        expect(requests.flatMap((each) => each.split('\n'))).to.deep.equal(asked)
        for (const resources of requests)
          expect(inputFault(managedActions.remains, { resources })).to.equal(undefined)
      }),
      { numRuns: 20 },
    )
  })

  for (const resources of [
    '',
    'Package[-y]',
    'Exec[rm]',
    'File[etc]',
    'User[a b]',
    'User[a]\n',
    'File[/a\u0001]',
  ])
    it(`are not asked about as ${JSON.stringify(resources)}`, () =>
      expect(inputFault(managedActions.remains, { resources })?.kind).to.equal('invalid'))

  it('have gone only where the host says so of each', () => {
    const all = removed(['Package[a]', 'Service[b]'])
    const gone = { resource: 'Package[a]', is: 'gone', seen: 'is not installed', names: [] }
    expect(judgeRemains('1', all, looked(gone), none)).to.deep.equal({
      passed: false,
      seen: 'Service[b] is not known: the host says nothing of it',
    })
    const odd = { resource: 'Service[b]', is: 'perhaps', seen: 'x', names: [] }
    expect(judgeRemains('1', all, looked(gone, odd), none).passed).to.equal(false)
    const both = looked(gone, { resource: 'Service[b]', is: 'gone', seen: 'x', names: [] })
    expect(judgeRemains('1', all, both, none)).to.deep.equal({
      passed: true,
      seen: '2 resources that release 1 managed are gone',
    })
  })

  it('are managed still under another name of the same unit, and perhaps by a folder that is managed whole', () => {
    const unit = {
      resource: 'Service[sshd]',
      is: 'there',
      seen: 'still runs',
      names: ['sshd.service', 'ssh.service'],
    }
    expect(
      judgeRemains('1', removed(['Service[sshd]']), looked(unit), new Set(['Service[ssh]'])).passed,
    ).to.equal(true)
    const file = { resource: 'File[/srv/a/b]', is: 'there', seen: 'is still there', names: [] }
    expect(
      judgeRemains('1', removed(['File[/srv/a/b]']), looked(file), new Set(['Folder[/srv]'])).seen,
    ).to.equal('File[/srv/a/b] is still there, perhaps as a part of /srv')
  })
})
