import { secretsOf, type Environment } from '../config/environment'
import type { ControlHost } from '../rollout/ports'
import { redactorOfOthers } from '../system/redaction'
import { lazy } from './lazy'

/** Returns what the control host sees by itself. The parts that look are loaded when a feature first looks. */
export function controlHostOf(environment: Environment, isSimulated: boolean): ControlHost {
  const { name: called, prometheus } = environment
  const seeing = () =>
    lazy.controlHost.controlHost({ called, prometheus, redact: redactorOfOthers(secretsOf(environment)) })
  return {
    decides: !isSimulated,
    metrics: () => seeing().metrics(),
    statusOf: (url, withinMs) => seeing().statusOf(url, withinMs),
  }
}
