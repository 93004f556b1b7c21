import { randomUUID } from 'node:crypto'
import { readPipelineSetting } from '../config/pipeline_setting'
import { LivePipelineLog } from '../pipeline/live_log'
import { openPipelineJournal, readPipeline } from '../pipeline/pipeline_journal'
import { PipelineState } from '../pipeline/pipeline_state'
import { openWorker } from '../pipeline/worker'
import { systemClock } from '../system/clock'
import { runCommand } from '../system/command'

/** Runs the worker of a state folder and a configuration, as `lockstep serve` does, until it is told to end. */
async function main(state: string, config: string): Promise<void> {
  const { now } = systemClock
  const log = new LivePipelineLog(
    PipelineState.of(readPipeline(state).events),
    openPipelineJournal(state, now),
    now,
  )
  const over = new AbortController()
  process.once('SIGTERM', () => over.abort())
  const settings = readPipelineSetting(config, { env: process.env })
  await openWorker({
    log,
    repositories: settings?.repositories ?? [],
    spool: settings?.spool ?? '',
    state,
    clock: systemClock,
    run: runCommand,
    env: process.env,
    newId: randomUUID,
    onTrouble: (sentence) => process.stdout.write(`${sentence}\n`),
  }).work(over.signal)
}

const [state = '', config = ''] = process.argv.slice(2)
void main(state, config)
