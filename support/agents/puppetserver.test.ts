import { expect } from 'chai'
import { callOf } from '../testing/call'
import { puppetserverAgent } from './puppetserver'

describe('the puppetserver agent', () => {
  const ask = async (environmentTimeout: string, inputs: Record<string, string> = {}) => {
    const asked: (string | undefined)[] = []
    const agent = puppetserverAgent({
      serving(environment) {
        asked.push(environment)
        return {
          version: '2026.11.3 0a1b',
          environment: environment ?? 'production',
          environmentTimeout,
          url: 'https://master1.example.net:8140',
        }
      },
    })
    return { asked, data: await agent.actions['serving']?.(inputs, callOf('serving')) }
  }

  it('tells the version of what is compiled, in the environment that was asked for', async () => {
    expect((await ask('0', { environment: 'test' })).asked).to.deep.equal(['test'])
    expect((await ask('0')).data).to.include({
      version: '2026.11.3 0a1b',
      environment: 'production',
      fresh: true,
    })
  })

  it('says that code is kept in memory, where it is for any time', async () => {
    for (const timeout of ['unlimited', '5', '3m'])
      expect((await ask(timeout)).data).to.include({ fresh: false, environment_timeout: timeout })
  })
})
