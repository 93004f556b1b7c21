import { flag, readOnly, text } from './contract'

const RESOURCE =
  '(?:(?:Package|Service|User|Group)\\[[A-Za-z0-9_][A-Za-z0-9_.@+:$-]*\\]|File\\[/[^\\x00-\\x1f\\x7f]*\\])'

/** The actions by which a host tells what puppet manages on it, and what is on it whoever brought it. */
export const managedActions = {
  managed: readOnly('Tells which packages, services, files, users and groups the kept catalog manages', {
    inputs: { list: flag },
    outputs: { found: 'whole, none or unreadable' },
    also: {
      problem: 'What is wrong with the catalog or the report',
      of_last_run: 'Whether the catalog is that of the last run',
      run: 'The name that the last run was ordered under',
      began: 'When the last run began, by the clock of the host',
      noop: 'Whether the last run was to change nothing',
      config_version: 'The version of the catalog',
      digest: 'The SHA-256 of the resources as JSON',
      count: 'How many resources those are',
      resources: 'The resources, where they are asked for',
    },
  }),
  remains: readOnly('Tells of resources whether they are on the host, whoever brought them', {
    inputs: {
      resources: text(
        new RegExp(`^${RESOURCE}(?:\\n${RESOURCE})*$`),
        16_000,
        'resources, a line each, such as Package[mywebapp], Service[ntp], File[/etc/motd], User[alice] or Group[staff]',
      ),
    },
    outputs: { looked: 'Of each resource: there, gone or not known, and what was seen' },
  }),
} as const
