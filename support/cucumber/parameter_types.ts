import { defineParameterType } from '@cucumber/cucumber'
import { parameterValues as values } from '../preflight/parameter_values'

// The expressions take more than is right, so that what is wrong is named as such and not as an unknown step. Editors
// read them from here, which is why they are literal.
defineParameterType({ name: 'ip', regexp: /\S+/, transformer: values.ip, useForSnippets: false })
defineParameterType({ name: 'class', regexp: /\S+/, transformer: values.class, useForSnippets: false })
defineParameterType({ name: 'identity', regexp: /\S+/, transformer: values.identity, useForSnippets: false })
defineParameterType({ name: 'file', regexp: /\S+/, transformer: values.file, useForSnippets: false })
defineParameterType({ name: 'package', regexp: /\S+/, transformer: values.package, useForSnippets: false })
defineParameterType({ name: 'version', regexp: /\S+/, transformer: values.version, useForSnippets: false })
defineParameterType({ name: 'service', regexp: /\S+/, transformer: values.service, useForSnippets: false })
defineParameterType({ name: 'check', regexp: /\S+/, transformer: values.check, useForSnippets: false })
defineParameterType({
  name: 'count',
  regexp: /-?[\d.,e+]+/,
  transformer: values.count,
  useForSnippets: false,
})
defineParameterType({ name: 'fact', regexp: /\S.*/, transformer: values.fact, useForSnippets: false })
defineParameterType({
  name: 'duration',
  regexp: /\S+(?: \S+)?/,
  transformer: values.duration,
  useForSnippets: false,
})
defineParameterType({ name: 'wave', regexp: /\S+(?: \S+)?/, transformer: values.wave, useForSnippets: false })
defineParameterType({
  name: 'allowance',
  regexp: /\S+ hosts?|\S+ of the hosts/,
  transformer: values.allowance,
  useForSnippets: false,
})
defineParameterType({
  name: 'pool',
  regexp: /\S+%|\S+ hosts?/,
  transformer: values.pool,
  useForSnippets: false,
})
defineParameterType({ name: 'backend', regexp: /\S+/, transformer: values.backend, useForSnippets: false })
// HAProxy has a sentence of its own.
defineParameterType({
  name: 'balancer',
  regexp: /(?!haproxy )\S+/,
  transformer: values.balancer,
  useForSnippets: false,
})
defineParameterType({ name: 'time', regexp: /\d\S*/, transformer: values.time, useForSnippets: false })
defineParameterType({
  name: 'days',
  regexp: /\S+(?: to \S+)?|every day/,
  transformer: values.days,
  useForSnippets: false,
})
defineParameterType({ name: 'query', regexp: /`[^`]*`/, transformer: values.query, useForSnippets: false })
defineParameterType({ name: 'level', regexp: /\S+/, transformer: values.level, useForSnippets: false })
defineParameterType({ name: 'url', regexp: /\S+/, transformer: values.url, useForSnippets: false })
defineParameterType({ name: 'status', regexp: /\S+/, transformer: values.status, useForSnippets: false })
defineParameterType({ name: 'zone', regexp: /\S+/, transformer: values.zone, useForSnippets: false })
defineParameterType({
  name: 'percent',
  regexp: /-?[\d.,e+]+/,
  transformer: values.percent,
  useForSnippets: false,
})
defineParameterType({ name: 'release', regexp: /\S+/, transformer: values.release, useForSnippets: false })
defineParameterType({
  name: 'application',
  regexp: /\S+/,
  transformer: values.application,
  useForSnippets: false,
})
defineParameterType({
  name: 'repository',
  regexp: /\S+/,
  transformer: values.repository,
  useForSnippets: false,
})
defineParameterType({ name: 'tag', regexp: /\S+/, transformer: values.tag, useForSnippets: false })
defineParameterType({ name: 'network', regexp: /\S+/, transformer: values.network, useForSnippets: false })
defineParameterType({ name: 'site', regexp: /\S+/, transformer: values.site, useForSnippets: false })
defineParameterType({ name: 'user', regexp: /\S+/, transformer: values.user, useForSnippets: false })
defineParameterType({
  name: 'environment',
  regexp: /\S+/,
  transformer: values.environment,
  useForSnippets: false,
})
