import { expect } from 'chai'
import * as v from 'valibot'
import { runJsonOf } from '../reporting/run_json'
import { sampleRun, type Sample } from '../testing/sample_run'
import { FORMS } from './json_forms'

const SAMPLES: Readonly<Record<string, Sample>> = {
  'a run that passed in waves': { hosts: 8, waves: ['2 hosts', 'the rest'] },
  'a run that failed': { hosts: 8, diverged: [1], silent: [2] },
  'a run in safe mode': { hosts: 8, mode: 'noop' },
  'a plan': { hosts: 8, mode: 'plan' },
  'a rehearsal': { hosts: 8, mode: 'rehearse' },
  'a limited run': { hosts: 8, limit: 2 },
  'a run that was killed': { hosts: 8, killedAt: 6 },
  'a run that was killed before its roll call': { hosts: 8, limit: 2, killedAt: 0 },
}

describe('run.json', () => {
  for (const [name, sample] of Object.entries(SAMPLES))
    it(`of ${name} has its form`, async () => {
      const text = [...runJsonOf(await sampleRun(sample))].join('')
      const read = v.safeParse(FORMS['lockstep/run/1'], JSON.parse(text))
      expect((read.issues ?? []).map((issue) => `${v.getDotPath(issue)}: ${issue.message}`)).to.deep.equal([])
    })
})
