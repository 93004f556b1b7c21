import { expect } from 'chai'
import fc from 'fast-check'
import { judgeHieraData, judgeHieraYaml } from './judge_hiera'

const said = (remarks: ReturnType<typeof judgeHieraYaml>) =>
  remarks.map(({ severity, line, message }) => `${severity} ${line} ${message}`)

describe('the check of hiera', () => {
  it('names the key and its line', () => {
    expect(said(judgeHieraYaml('version: 5\nhierachy: []\n'))).to.deep.equal([
      'error 2 hiera: hierachy is no key that Puppet knows',
    ])
    expect(said(judgeHieraYaml('version: 5\nhierarchy:\n  - path: x\n    pathes: [y]\n'))).to.deep.equal([
      'error 3 hiera: hierarchy[0].name is missing',
      'error 4 hiera: hierarchy[0].pathes is no key that Puppet knows',
    ])
    expect(
      said(judgeHieraYaml('version: 5\nhierarchy:\n  - name: a\n    path: x\n    glob: y\n')),
    ).to.deep.equal([
      'error 3 hiera: hierarchy[0] is not right: expected at most one of path, paths, glob, globs, uri, uris, mapped_paths',
    ])
  })

  it('shows an older form, and leaves what is no YAML to the check of YAML', () => {
    expect(said(judgeHieraYaml(':backends: [yaml]\n'))[0]).to.match(/^warning 1 hiera: it has no version: 5/)
    expect(judgeHieraYaml('a: [\n')).to.deep.equal([])
    expect(said(judgeHieraYaml('[]'))).to.deep.equal(['error 1 hiera: expected a map with version: 5'])
    expect(judgeHieraData('a: [\n')).to.deep.equal([])
  })

  it('shows data that is no map', () => {
    for (const good of ['', '---\n', '# nothing\n', 'a: 1\n', '--- {}\n'])
      expect(judgeHieraData(good), good).to.deep.equal([])
    for (const odd of ['- a\n', 'a\n', '1\n']) expect(judgeHieraData(odd), odd).to.have.length(1)
  })

  it('grows by no aliases, and says one line for any text', () => {
    const levels = Array.from(
      { length: 30 },
      (_, at) => `l${at + 1}: &l${at + 1} [*l${at}, *l${at}, *l${at}]\n`,
    )
    expect(judgeHieraYaml(`l0: &l0 [x]\n${levels.join('')}`)).to.have.length(1)
    const part = fc.constantFrom(
      'version: 5\n',
      'hierarchy:\n',
      '  - name: a\n',
      '    path: ',
      '[x]\n',
      '{}\n',
      '&a ',
      '*a\n',
      ': ',
      '\n',
    )
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        for (const { message } of [...judgeHieraYaml(parts.join('')), ...judgeHieraData(parts.join(''))])
          expect(message).to.match(/^hiera: \S[^\n]*$/)
      }),
    )
  })
})
