import type { Place } from './page_project'

/** How the commands of a page are run. */
export type ConsolePage =
  /** In `npm test`, or where they take longer in the suites @long. */
  | { place: Place; takes: 'seconds' | 'longer'; faults?: string }
  /** By a suite of its own, with the real components. */
  | { suite: string }

/** The pages with commands, in the order of docs/README.md. */
export const CONSOLE_PAGES: Readonly<Record<string, ConsolePage>> = {
  'README.md': { place: 'a clone', takes: 'seconds' },
  'docs/getting-started.md': { place: 'an empty project', takes: 'longer' },
  'docs/planning-and-rehearsing.md': { place: 'a project with a fleet', takes: 'longer' },
  'docs/releases.md': { place: 'a project with a fleet', takes: 'longer' },
  'docs/when-it-stops.md': {
    place: 'a project with a fleet',
    takes: 'longer',
    faults: 'web3.example.net=lies',
  },
  'docs/ci.md': { place: 'an empty project', takes: 'longer' },
  'docs/console.md': { place: 'an empty project', takes: 'seconds' },
  'docs/puppet-masters.md': { suite: 'support/testing/real/puppet_masters.real.ts' },
  'docs/real-fleet.md': { suite: 'support/testing/real/getting_started.real.ts' },
}
