import type { Survey } from './survey'
import { foldTimes, type Times } from './times'

/** A survey for programs. */
export interface SurveyDocument {
  environment: string
  exitCode: number
  /** Null where no host has answered. */
  milliseconds: Times | null
  hosts: readonly {
    host: string
    milliseconds: number
    /** Null where the host does not tell. */
    daemon: string | null
    agents: readonly { name: string; version: string }[] | null
    trouble: string | null
  }[]
  /** Null where no inventory says which hosts should be there. */
  expected: readonly string[] | null
  silent: readonly string[]
  unexpected: readonly string[]
  messages: readonly { kind: string; host: string; detail: string; fails: boolean }[]
}

/** Returns a survey for programs. */
export function surveyDocument(survey: Survey, exitCode: number): SurveyDocument {
  const { environment, hosts, expected, silent, unexpected, messages } = survey
  return {
    environment,
    exitCode,
    milliseconds: foldTimes(hosts.map(({ ms }) => ms)) ?? null,
    hosts: hosts.map(({ host, ms, daemon, agents, trouble }) => ({
      host,
      milliseconds: ms,
      daemon: daemon ?? null,
      agents: agents ?? null,
      trouble: trouble ?? null,
    })),
    expected: expected ?? null,
    silent,
    unexpected,
    messages: messages.map(({ kind, host, detail, fails }) => ({ kind, host, detail, fails })),
  }
}
