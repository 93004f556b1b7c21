import type { AnswerTimes } from '../rollout/model/answer_times'
import type { RecordedEvent } from './events'
import { keyOf, type ScenarioKey } from './scenario_runs'

/** The answered requests of a line, and the moments of the one whose last answer came latest. */
export interface TimedLine {
  requests: number
  /** The agent and action of that request, such as `package update`. */
  what: string
  /** The number of hosts that were sent it. */
  asked: number
  times: AnswerTimes
}

interface Pending {
  key: string
  what: string
  asked: number
}

/**
 * The moments at which hosts answered, line by line. A line that asks again and again keeps one request: what is kept
 * grows with lines, and neither with hosts nor with requests.
 */
export class LineTimes {
  private readonly lines = new Map<string, TimedLine>()
  private readonly pending = new Map<string, Pending>()
  private current: string | undefined

  /** Takes in the next event. Work after a failure belongs to no line. */
  apply(event: RecordedEvent): void {
    switch (event.type) {
      case 'line':
        this.current = lineKey(event, event.line)
        break
      case 'line ended':
        this.current = undefined
        this.pending.clear()
        break
      case 'asked':
        if (this.current !== undefined) this.ask(this.current, event)
        break
      case 'answered':
        this.answer(event)
        break
      default:
    }
  }

  /** Returns the moments of a line; undefined for a line that no host answered. */
  of(scenario: ScenarioKey, line: number): TimedLine | undefined {
    return this.lines.get(lineKey(scenario, line))
  }

  private ask(key: string, { requestId, agent, action, hosts }: Extract<RecordedEvent, { type: 'asked' }>) {
    this.pending.set(requestId, { key, what: `${agent} ${action}`, asked: hosts.length })
  }

  private answer({ requestId, times }: Extract<RecordedEvent, { type: 'answered' }>): void {
    const pending = this.pending.get(requestId)
    this.pending.delete(requestId)
    if (pending === undefined || times === undefined) return
    const { key, what, asked } = pending
    const before = this.lines.get(key)
    const requests = (before?.requests ?? 0) + 1
    const isLatest = before === undefined || before.times.last < times.last
    this.lines.set(key, isLatest ? { requests, what, asked, times } : { ...before, requests })
  }
}

function lineKey(scenario: ScenarioKey, line: number): string {
  return `${keyOf(scenario)} ${line}`
}
