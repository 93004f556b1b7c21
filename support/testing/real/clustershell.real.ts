import { execFileSync } from 'node:child_process'
import { expect } from 'chai'
import fc from 'fast-check'
import { foldHosts } from '../../rollout/model/fold_hosts'
import { parseHosts } from '../../rollout/model/parse_hosts'

const SEED = 20_261_122

const number = fc.oneof(
  fc.nat(40).map(String),
  fc.nat(40).map((n) => String(n * 2).padStart(4, '0')),
  fc.constantFrom('08', '09', '10', '0', '00', '123456789'),
)
const host = fc
  .array(fc.tuple(fc.constantFrom('web', 'db-', '-x', '.dc'), number), { minLength: 1, maxLength: 3 })
  .map((parts) => parts.flat().join(''))
const hosts = fc.uniqueArray(host, { minLength: 1, maxLength: 80 })

describe('ClusterShell itself', () => {
  const nodeset = (args: readonly string[], input: string) =>
    // nodeset takes the last sign of each line for its end.
    execFileSync('nodeset', args, { input: `${input}\n` })
      .toString()
      .trim()

  it('expands what Lockstep folds to the same hosts', () => {
    for (const names of fc.sample(hosts, { numRuns: 40, seed: SEED })) {
      const folded = foldHosts(names).join(',')
      const expanded = nodeset(['--expand', '--separator=\n'], folded).split('\n')
      expect(expanded.sort(), folded).to.deep.equal([...names].sort())
    }
  }).timeout(300_000)

  it('folds to what Lockstep expands to the same hosts, with steps and without', () => {
    for (const [index, names] of fc.sample(hosts, { numRuns: 40, seed: SEED }).entries()) {
      const steps = index % 2 === 0 ? [] : ['--autostep=3']
      const folded = nodeset(['--fold', ...steps], names.join('\n'))
      expect(parseHosts(folded).sort(), folded).to.deep.equal([...names].sort())
    }
  }).timeout(300_000)
})
