import { mutating, flag, readOnly, optional, type Contract } from './contract'
import { anyText, puppetEnvironment, puppetServer, puppetTags } from './rules'

const enabled = { enabled: 'Whether puppet may run', status: 'That, as a sentence' }

export const puppet = {
  agent: 'puppet',
  description: 'Runs puppet, tells how it is, and disables and enables it',
  timeout: 60,
  actions: {
    status: readOnly('Tells how puppet is', {
      outputs: { enabled: enabled.enabled, applying: 'Whether a catalog is being applied' },
      also: {
        status: 'disabled, applying a catalog, idling or stopped',
        idling: 'Whether the puppet daemon runs and waits',
        daemon_present: 'Whether the puppet daemon runs',
        lastrun: 'When a catalog was last applied, seconds since 1970',
        since_lastrun: 'How many seconds ago that was',
        disable_message: 'Why it was disabled',
        message: 'All of that in a sentence',
      },
    }),
    last_run_summary: readOnly('Tells how the last run ended', {
      inputs: { parse_log: flag, logs: flag },
      outputs: { lastrun: 'When a catalog was last applied, seconds since 1970' },
      also: {
        since_lastrun: 'How many seconds ago that was',
        failed_resources: 'Resources that failed',
        changed_resources: 'Resources that were changed',
        out_of_sync_resources: 'Resources that were not as they should be',
        corrected_resources: 'Resources that somebody else had changed',
        total_resources: 'Resources in all',
        config_retrieval_time: 'Seconds to get the catalog',
        total_time: 'Seconds in all',
        config_version: 'The version of the catalog',
        summary: 'The summary as puppet wrote it',
      },
    }),
    runonce: mutating('Starts a run of puppet; it goes on when this is answered', {
      inputs: {
        force: flag,
        noop: flag,
        use_cached_catalog: flag,
        ignoreschedules: flag,
        splay: flag,
        splaylimit: { kind: 'whole number', optional: true },
        server: optional(puppetServer),
        environment: optional(puppetEnvironment),
        tags: optional(puppetTags),
        skip_tags: optional(puppetTags),
      },
      also: { summary: 'What was started', initiated_at: 'When, seconds since 1970' },
    }),
    enable: mutating('Lets puppet run again', { also: enabled }),
    disable: mutating('Keeps puppet from running', {
      inputs: { message: optional(anyText(200)) },
      also: enabled,
    }),
  },
} as const satisfies Contract
