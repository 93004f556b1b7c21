import { expect } from 'chai'
import { closureOf, nameIn, type Lock } from './module_closure'

const at = (...dependencies: string[]) => ({
  version: '1.0.0',
  dependencies: Object.fromEntries(dependencies.map((name) => [name, '*'])),
})

describe('the modules that a package needs', () => {
  it('are found as Node finds them, the nearest first, and each once', () => {
    const lock: Lock = {
      'node_modules/a': at('b', '@s/c'),
      'node_modules/a/node_modules/b': at('d'),
      'node_modules/b': at(),
      'node_modules/@s/c': at('b', 'a'),
      'node_modules/d': at('b'),
      'node_modules/unused': at(),
    }
    expect(closureOf(lock, ['a'])).to.deep.equal([
      'node_modules/@s/c',
      'node_modules/a',
      'node_modules/a/node_modules/b',
      'node_modules/b',
      'node_modules/d',
    ])
  })

  it('leave out optional ones that are not there, and no others', () => {
    const optional: Lock = {
      'node_modules/a': { version: '1.0.0', optionalDependencies: { b: '*', c: '*' } },
      'node_modules/b': at(),
    }
    expect(closureOf(optional, ['a'])).to.deep.equal(['node_modules/a', 'node_modules/b'])
    expect(() => closureOf({ 'node_modules/a': at('b') }, ['a'])).to.throw(
      'package-lock.json has no b, which node_modules/a needs; say npm install',
    )
    expect(() => closureOf({}, ['a'])).to.throw('has no a, which Lockstep needs')
  })

  it('have their peers beside them, but for optional ones', () => {
    const peerDependencies = { b: '*', c: '*' }
    const lock: Lock = {
      'node_modules/a': {
        version: '1.0.0',
        peerDependencies,
        peerDependenciesMeta: { c: { optional: true } },
      },
      'node_modules/b': at(),
      'node_modules/c': at(),
    }
    expect(closureOf(lock, ['a'])).to.deep.equal(['node_modules/a', 'node_modules/b'])
  })

  it('have the names of the packages', () => {
    expect(nameIn('node_modules/a')).to.equal('a')
    expect(nameIn('node_modules/a/node_modules/@s/b')).to.equal('@s/b')
  })
})
