import { expect } from 'chai'
import { readServing } from './puppet_masters'

const SERVING = {
  version: '2026.11.3 0a1b',
  environment: 'production',
  fresh: true,
  environment_timeout: '0',
}

describe('the code that a puppet master serves', () => {
  const read = (data: Record<string, string | boolean>) =>
    readServing({ kind: 'answered', data: { ...SERVING, ...data } }, '2026.11.3')

  it('is that of a release where the version of a catalog has its name', () => {
    expect(read({})).to.deep.equal({ passed: true, seen: 'serves 2026.11.3 0a1b in production' })
    expect(read({ version: '2026.11.30 0a1b' }).passed).to.equal(false)
    expect(read({ version: '1795419734' }).passed).to.equal(false)
  })

  it('is not known while other instances of the server may have older code in memory', () => {
    const { passed, seen } = read({ fresh: false, environment_timeout: 'unlimited' })
    expect(passed).to.equal(false)
    expect(seen).to.contain('environment_timeout is unlimited')
  })

  it('is not known from a master that fails, is silent, or leaves something out', () => {
    expect(readServing({ kind: 'answered', data: { version: '2026.11.3' } }, '2026.11.3')).to.deep.equal({
      passed: false,
      seen: 'does not say what it serves',
    })
    expect(readServing({ kind: 'failed', message: 'no catalog', data: {} }, '2026.11.3')).to.deep.equal({
      passed: false,
      seen: 'no catalog',
    })
    expect(readServing({ kind: 'silent', waited: 1 }, '2026.11.3').passed).to.equal(false)
  })
})
