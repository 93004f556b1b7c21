import { expect } from 'chai'
import { compareOutput, refreshOutput } from './recorded_output'

describe('an output that a page shows', () => {
  const agreeing: [string, string, string][] = [
    ['is the same', 'PASSED\n', 'PASSED\n'],
    ['has another run', 'run 20261120-224926-f1b1', 'run 20271231-000000-abcd'],
    ['has another duration', 'in 488 ms', 'in 1.5 s'],
    ['has another plan', 'LOCKSTEP_PLAN=cf9d075638a6 x', 'LOCKSTEP_PLAN=000000000000 x'],
    ['has gaps of other widths', '✔ a    8/8', '✔ a       8/8'],
    ['leaves lines out', 'a\n…\nc', 'a\nb\nb\nc'],
    ['leaves out none', 'a\n…\nc', 'a\nc'],
    ['leaves out the end', 'a\n…', 'a\nb'],
    ['leaves out a part of a line', 'a … c', 'a b c'],
    ['took minutes', 'in 1.5 s', 'in 1 min 2 s'],
    ['has seconds behind a line', '  ✔ a  1/1 hosts', '  ✔ a  1/1 hosts   12.0 s'],
    ['has seconds on a row of their own', '  ✔ a\nb', '  ✔ a\n          0.1 s\nb'],
    ['says what it waits for', 'a\nb', 'a\n    … When I b: 3/8 · 12 s of 20 s · waits for c\nb'],
  ]
  for (const [name, shown, said] of agreeing)
    it(`agrees when it ${name}`, () => expect(compareOutput(shown, said)).to.equal(undefined))

  const disagreeing: [string, string, string][] = [
    ['has another word', 'PASSED', 'FAILED'],
    ['has another count', '7/8 hosts', '8/8 hosts'],
    ['lacks a line', 'a\nc', 'a\nb\nc'],
    ['has a line too many', 'a\nb', 'a'],
    ['goes on after the end', 'a', 'a\nb'],
    ['has a line that only begins alike', 'a', 'ab'],
    ['has a line that is left out and not there', '…\nb', 'a'],
    ['indents a line', '  a', 'a'],
    ['reads as a pattern', 'a.c', 'abc'],
    ['lacks an empty line', 'a\n\nb', 'a\nb'],
  ]
  for (const [name, shown, said] of disagreeing)
    it(`does not agree when it ${name}`, () => expect(compareOutput(shown, said)).not.to.equal(undefined))

  it('is written anew without the lines that the page leaves out', () => {
    const shown = 'Title of a run\n…\n    ✔ When I b        8/8 hosts\n      gone\nPASSED  in 1 s\n…\n'
    const said = 'Title of a run\nx\n    ✔ When I b        8/8 hosts   0.1 s\nnew\nPASSED  in 2 s\nsee\n'
    expect(refreshOutput(shown, said)).to.equal(
      'Title of a run\n…\n    ✔ When I b        8/8 hosts   0.1 s\nnew\nPASSED  in 2 s\n…',
    )
  })
})
