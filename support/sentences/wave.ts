import { parseWaveSize } from '../rollout/model/wave_plan'
import type { Sentences } from './sentence'

export const wave = {
  'I take the next {wave}': {
    keyword: 'Given',
    effect: 'takes wave',
    details: ([written = '']) => waveOf(written),
    help: 'The scenario is for the next hosts alone: 1 host, 25%, the rest.',
  },
  'I take {wave}': {
    keyword: 'Given',
    effect: 'takes wave',
    details: ([written = '']) => waveOf(written),
    help: 'The scenario is for these hosts alone: 1 host, 25%, the rest, each rack.',
  },
  'the hosts are taken as listed': {
    keyword: 'Given',
    effect: 'orders hosts',
    help: 'Waves take the hosts in the order in which they are listed.',
  },
  'the hosts are taken sorted by name': {
    keyword: 'Given',
    effect: 'orders hosts',
    help: 'Waves take the hosts in the order of their names.',
  },
  'the hosts are taken in random order': {
    keyword: 'Given',
    effect: 'orders hosts',
    help: 'Waves take the hosts in a random order; the run notes its seed.',
  },
  'the hosts are taken in random order with seed {int}': {
    keyword: 'Given',
    effect: 'orders hosts',
    help: 'Waves take the hosts in the random order that this seed gives.',
  },
  'I wait {duration} between waves': {
    keyword: 'Given',
    effect: 'pauses between waves',
    help: 'The next wave is taken only this long after the last one has ended.',
  },
  'up to {allowance} may fail': {
    keyword: 'Given',
    effect: 'allows failures',
    help: 'The rollout goes on without so many hosts that fail: 2 hosts, 5% of the hosts.',
  },
  'up to {allowance} may fail in each wave': {
    keyword: 'Given',
    effect: 'allows failures',
    help: 'The rollout goes on without so many hosts that fail, counted in each wave.',
  },
} as const satisfies Sentences

function waveOf(written: string) {
  const size = parseWaveSize(written)
  return size === undefined ? undefined : { size, written }
}
