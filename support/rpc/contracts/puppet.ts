import { mutating, flag, readOnly, optional, type Contract } from './contract'
import { managedActions } from './managed_resources'
import { puppetCode } from './puppet_code'
import { anyText, leaseName, puppetEnvironment, puppetServer, puppetTags } from './rules'

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
    report: readOnly('Tells the report of the last run: without messages, and without what may be secret', {
      inputs: { run: optional(leaseName) },
      outputs: {
        found: 'whole, none or unreadable',
        enabled: enabled.enabled,
        applying: 'Whether a catalog is being applied',
        going: 'Whether the process of the run that was asked for is there: yes, no or not known',
      },
      also: {
        disable_message: 'Why it was disabled',
        problem: 'What is wrong with the report',
        run: 'The name that the run was ordered under',
        transaction: 'The id that puppet gave the run',
        began: 'When the run began, by the clock of the host',
        config_version: 'The version of the catalog',
        environment: 'The environment of the catalog',
        noop: 'Whether nothing was to be changed',
        status: 'failed, changed or unchanged',
        completed: 'Whether all of the catalog was applied',
        catalog: 'not_used, unless the catalog was one that the host had kept',
        total: 'Resources in all',
        failed: 'The first resources that failed',
        failed_count: 'How many failed',
        failed_to_restart: 'The first resources that did not restart',
        failed_to_restart_count: 'How many did not restart',
        skipped: 'The first resources that were skipped',
        skipped_count: 'How many were skipped',
        against_noop: 'The first resources that were changed in noop, or were left in noop by another run',
        against_noop_count: 'How many those are',
        changes: 'The first changes that were made, or would be',
        changes_count: 'How many those are in all',
        code: 'The name of the code that was applied without a master',
        digest: 'The SHA-256 of that code',
        resources: 'How many resources that code has',
      },
    }),
    ...managedActions,
    ...puppetCode,
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
      also: {
        summary: 'What was started',
        initiated_at: 'When, seconds since 1970',
        run: 'The name that the report of the run has',
      },
    }),
    enable: mutating('Lets puppet run again', { also: enabled }),
    disable: mutating('Keeps puppet from running', {
      inputs: { message: optional(anyText(200)) },
      also: enabled,
    }),
  },
} as const satisfies Contract
