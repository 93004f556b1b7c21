import { formatDuration } from '../system/duration'
import { DEFAULTS } from './environment'

/** A key of lockstep.yaml. Docs are made from it, and the reader is held against it. */
export interface YamlKey {
  /** The values that it takes, in words. */
  takes: string
  /** The default of the key; undefined for a key that is required, or that belongs to one of several kinds. */
  default?: string
  /** One line of help. */
  help: string
}

type YamlKeys = Readonly<Record<string, YamlKey>>

const PUBLIC_KEY = 'a line of base64, from `lockstep pipeline --public-key`'
const SECRET = '`{env: NAME}`, `{file: path}` or `ENC[PKCS7,…]`'

/** The keys of the file itself, by their path. */
export const FILE_KEYS: YamlKeys = {
  default: { takes: 'a name', default: 'the only one', help: 'the environment of a run that names none' },
  eyaml: {
    takes: 'keys',
    default: 'none',
    help: 'the keys of hiera-eyaml, for secrets that stand encrypted',
  },
  'eyaml.private_key': { takes: 'a file, or `{env: NAME}`', help: 'the key that opens secrets' },
  'eyaml.private_key.env': { takes: 'a name', help: 'the variable that has the key itself' },
  'eyaml.public_key': { takes: 'a file', default: 'none', help: 'the certificate that the key has to fit' },
  extensions: {
    takes: 'a list of files',
    default: 'none',
    help: 'code of a team: rules, channels, balancers',
  },
  history: {
    takes: 'keys',
    default: 'none',
    help: 'the database in which several control hosts share their history and their locks',
  },
  'history.postgresql': { takes: 'keys', help: 'a database of PostgreSQL' },
  'history.postgresql.host': {
    takes: 'a name, an address, or the folder of a socket',
    help: 'where the server is',
  },
  'history.postgresql.port': { takes: 'a port', default: '5432', help: 'its port' },
  'history.postgresql.database': { takes: 'a name', default: 'lockstep', help: 'the database' },
  'history.postgresql.user': { takes: 'a name', default: 'lockstep', help: 'the user of the database' },
  'history.postgresql.password': { takes: SECRET, default: 'none', help: 'its password' },
  'history.postgresql.tls': { takes: 'files', default: 'no TLS', help: 'the connection is encrypted' },
  'history.postgresql.tls.ca': {
    takes: 'a file',
    default: "the system's authorities",
    help: 'who may sign for the server',
  },
  'history.postgresql.tls.cert': {
    takes: 'a file',
    default: 'none',
    help: 'the certificate of this client',
  },
  'history.postgresql.tls.key': { takes: 'a file', default: 'none', help: 'its key' },
  monitoring: {
    takes: 'keys',
    default: 'none',
    help: 'the monitoring systems that `lockstep serve` keeps in step with the inventory',
  },
  'monitoring.environment': {
    takes: 'the name of an environment',
    default: '`default`, or the only one there is',
    help: 'the environment whose hosts are monitored',
  },
  'monitoring.every': {
    takes: 'a duration',
    default: '1 minute',
    help: 'how often the inventory is compared; a host that registers is looked at sooner',
  },
  'monitoring.max_removed': {
    takes: 'a whole number of percent',
    default: '20',
    help: 'the share of monitored hosts that may leave within a day without a person who confirms it',
  },
  'monitoring.address': {
    takes: 'the name of a fact',
    default: 'none: the name of the host is its address',
    help: 'the fact of the inventory that is the address of a host',
  },
  'monitoring.nagios': { takes: 'keys', default: 'none', help: 'Nagios is told by a file for each host' },
  'monitoring.nagios.config': {
    takes: 'a whole path',
    default: '/etc/nagios4/nagios.cfg',
    help: 'its main configuration, which reads the folder',
  },
  'monitoring.nagios.folder': {
    takes: 'a whole path',
    help: 'the folder for these files, and for no others',
  },
  'monitoring.nagios.program': {
    takes: 'a program',
    default: 'nagios4',
    help: 'what checks the configuration, with `-v`',
  },
  'monitoring.nagios.reload': {
    takes: 'a program and its arguments',
    help: 'what has Nagios read its configuration again',
  },
  'monitoring.nagios.host_template': {
    takes: 'a name',
    default: 'lockstep-host',
    help: 'the template that hosts use',
  },
  'monitoring.nagios.service_template': {
    takes: 'a name',
    default: 'lockstep-service',
    help: 'the template that services use',
  },
  'monitoring.nagios.check_command': {
    takes: 'a name',
    default: 'check_nrpe',
    help: 'the command that runs a check over NRPE; the name of the check is its argument',
  },
  'monitoring.icinga': { takes: 'keys', default: 'none', help: 'Icinga 2 is told by its API' },
  'monitoring.icinga.url': { takes: 'an address of https', help: 'where its API is' },
  'monitoring.icinga.user': { takes: 'a name', help: 'its ApiUser' },
  'monitoring.icinga.password': { takes: SECRET, help: 'the password of that user' },
  'monitoring.icinga.ca': {
    takes: 'a file',
    default: "the system's authorities",
    help: 'who may sign for the API; Icinga makes an authority of its own',
  },
  'monitoring.icinga.host_template': {
    takes: 'a name',
    default: 'lockstep-host',
    help: 'the template that hosts import',
  },
  'monitoring.icinga.service_template': {
    takes: 'a name',
    default: 'lockstep-service',
    help: 'the template that services import',
  },
  'monitoring.icinga.check_command': {
    takes: 'a name',
    default: 'nrpe',
    help: 'the check command of services; the check is its `nrpe_command`',
  },
  'monitoring.prometheus': { takes: 'keys', default: 'none', help: 'Prometheus is told by a file' },
  'monitoring.prometheus.file': {
    takes: 'a whole path',
    help: 'the file that `file_sd_configs` names',
  },
  'monitoring.prometheus.port': {
    takes: 'a port',
    default: '9100',
    help: 'the port of the exporter on each host',
  },
  pipeline: { takes: 'keys', default: 'none', help: 'the repositories whose pushes Lockstep follows' },
  'pipeline.spool': {
    takes: 'a folder',
    default: '/var/spool/lockstep',
    help: 'where hooks leave pushes until `lockstep serve` takes them',
  },
  'pipeline.listen': { takes: 'keys', default: '{}', help: 'where `lockstep serve` listens' },
  'pipeline.listen.host': { takes: 'an address', default: '127.0.0.1', help: 'the address' },
  'pipeline.listen.port': { takes: 'a port', default: '8090', help: 'the port' },
  'pipeline.listen.behind_proxy': {
    takes: 'true or false',
    default: 'false',
    help: 'a proxy with TLS stands in front, so that another address may be taken',
  },
  'pipeline.bus': {
    takes: 'keys',
    default: 'none',
    help: 'events are published over the broker of a fleet, signed',
  },
  'pipeline.bus.environment': {
    takes: 'the name of an environment',
    default: '`default`, or the only one there is',
    help: 'the fleet whose broker it is',
  },
  'pipeline.bus.destination': {
    takes: 'a name',
    default: 'lockstep.pipeline',
    help: 'the topic of the messages; sentences are on the one with `.events` behind it',
  },
  'pipeline.bus.exchange': {
    takes: 'a name',
    default: '`amq.topic`',
    help: 'the exchange of RabbitMQ that takes them',
  },
  'pipeline.notifications': {
    takes: 'keys',
    default: 'none',
    help: 'people are told of each release that is created, over the notifications of an environment',
  },
  'pipeline.notifications.environment': {
    takes: 'the name of an environment',
    default: '`default`, or the only one there is',
    help: 'the environment whose notifications tell it',
  },
  'pipeline.runners': {
    takes: 'names, each with its key',
    default: '{}',
    help: 'the runners whose results count',
  },
  'pipeline.runners.key': { takes: PUBLIC_KEY, help: 'the key that the runner signs with' },
  'pipeline.runners.repositories': {
    takes: 'a list of names',
    default: 'all',
    help: 'the repositories of which its results count',
  },
  'pipeline.repositories': { takes: 'names, each with its keys', help: 'the repositories' },
  'pipeline.repositories.url': {
    takes: 'an address of git',
    help: 'where the repository is, and nowhere else',
  },
  'pipeline.repositories.svn': {
    takes: 'an address of Subversion',
    default: 'none',
    help: 'where the repository is, in place of `url`; with both, `url` is where its git mirror is served',
  },
  'pipeline.repositories.layout': {
    takes: '`standard` or `trunk`',
    default: '`standard`',
    help: 'with `svn`: trunk, branches and tags lie below it, or it is the trunk itself',
  },
  'pipeline.repositories.branches': {
    takes: 'a list of names, `*` for any text',
    default: 'none',
    help: 'the branches that start a build',
  },
  'pipeline.repositories.tags': {
    takes: 'a list of names, `*` for any text',
    default: 'none',
    help: 'the tags that start a build',
  },
  'pipeline.repositories.trigger': {
    takes: 'a list of `hook`, `github`, `gitlab`, `gitea`, `hmac`',
    help: 'what may tell of a push',
  },
  'pipeline.repositories.trigger.github': { takes: 'a secret', help: 'webhooks of GitHub' },
  'pipeline.repositories.trigger.github.secret': { takes: SECRET, help: 'the secret of the webhook' },
  'pipeline.repositories.trigger.gitlab': { takes: 'a token, a key or both', help: 'webhooks of GitLab' },
  'pipeline.repositories.trigger.gitlab.token': { takes: SECRET, default: 'none', help: 'the secret token' },
  'pipeline.repositories.trigger.gitlab.signing_key': {
    takes: SECRET,
    default: 'none',
    help: 'the key that signs; with one, a token alone is not enough',
  },
  'pipeline.repositories.trigger.gitea': { takes: 'a secret', help: 'webhooks of Gitea and Forgejo' },
  'pipeline.repositories.trigger.gitea.secret': { takes: SECRET, help: 'the secret of the webhook' },
  'pipeline.repositories.trigger.hmac': { takes: 'a secret', help: 'programs of your own' },
  'pipeline.repositories.trigger.hmac.secret': { takes: SECRET, help: 'the key of the HMAC' },
  'pipeline.repositories.hosts': {
    takes: 'keys',
    default: 'none',
    help: 'the hosts that have the repository',
  },
  'pipeline.repositories.hosts.class': { takes: 'a class', help: 'the class of these hosts' },
  'pipeline.repositories.after_success': {
    takes: 'environments, each with `nothing`, `fetch`, `plan`, `approval` or `run without approval`',
    default: '{}',
    help: 'what follows when the tests of a commit have succeeded',
  },
  'pipeline.repositories.status': {
    takes: '`github`, `gitlab` or `gitea`',
    default: 'none',
    help: 'where results of tests are shown beside commits',
  },
  'pipeline.repositories.status.github': {
    takes: 'keys',
    default: 'none',
    help: 'results are shown on GitHub',
  },
  'pipeline.repositories.status.github.repository': {
    takes: 'an owner and a name',
    help: 'the repository there, such as `acme/website`',
  },
  'pipeline.repositories.status.github.token': {
    takes: SECRET,
    help: 'a token that may do no more than set statuses, where the server has such',
  },
  'pipeline.repositories.status.github.ca': {
    takes: 'a file',
    default: "the system's authorities",
    help: 'who may sign for the server',
  },
  'pipeline.repositories.status.github.context': {
    takes: 'a name',
    default: 'lockstep',
    help: 'the name under which results stand there',
  },
  'pipeline.repositories.status.github.api': {
    takes: 'an address',
    default: 'https://api.github.com',
    help: 'where the API of the server is',
  },
  'pipeline.repositories.status.gitlab': {
    takes: 'keys',
    default: 'none',
    help: 'results are shown on GitLab',
  },
  'pipeline.repositories.status.gitlab.project': {
    takes: 'a whole path',
    help: 'the project there, such as `acme/website`',
  },
  'pipeline.repositories.status.gitlab.token': {
    takes: SECRET,
    help: 'a token that may do no more than set statuses, where the server has such',
  },
  'pipeline.repositories.status.gitlab.ca': {
    takes: 'a file',
    default: "the system's authorities",
    help: 'who may sign for the server',
  },
  'pipeline.repositories.status.gitlab.context': {
    takes: 'a name',
    default: 'lockstep',
    help: 'the name under which results stand there',
  },
  'pipeline.repositories.status.gitlab.api': {
    takes: 'an address',
    default: 'https://gitlab.com/api/v4',
    help: 'where the API of the server is',
  },
  'pipeline.repositories.status.gitea': {
    takes: 'keys',
    default: 'none',
    help: 'results are shown on Gitea and Forgejo',
  },
  'pipeline.repositories.status.gitea.repository': {
    takes: 'an owner and a name',
    help: 'the repository there, such as `acme/website`',
  },
  'pipeline.repositories.status.gitea.token': {
    takes: SECRET,
    help: 'a token that may do no more than set statuses, where the server has such',
  },
  'pipeline.repositories.status.gitea.ca': {
    takes: 'a file',
    default: "the system's authorities",
    help: 'who may sign for the server',
  },
  'pipeline.repositories.status.gitea.context': {
    takes: 'a name',
    default: 'lockstep',
    help: 'the name under which results stand there',
  },
  'pipeline.repositories.status.gitea.api': { takes: 'an address', help: 'where the API of the server is' },
  'pipeline.repositories.deploy': {
    takes: 'a feature below the folder of lockstep.yaml, or keys',
    default: 'none',
    help: 'the feature that deploys a tag of the repository',
  },
  'pipeline.repositories.deploy.feature': { takes: 'a path', help: 'that feature' },
  'pipeline.repositories.deploy.variable': {
    takes: 'a name',
    default: 'tag',
    help: 'the variable that stands for the tag in the feature',
  },
  'pipeline.repositories.deploy.within': {
    takes: 'a duration',
    default: '10 minutes',
    help: 'how long a plan may take',
  },
  'pipeline.repositories.ci': { takes: 'keys', default: 'none', help: 'how commits are tested' },
  'pipeline.repositories.ci.command': { takes: 'a program and its arguments', help: 'what tests a commit' },
  'pipeline.repositories.ci.within': {
    takes: 'a duration',
    default: '20 minutes',
    help: 'how long it may take',
  },
  'pipeline.repositories.ci.user': {
    takes: 'a user of this machine',
    default: 'the user of `lockstep serve`, which protects nothing',
    help: 'the user that the command runs as',
  },
  'pipeline.repositories.ci.environment': {
    takes: 'a list of names',
    default: 'none',
    help: 'the variables that it inherits; no others, so no secrets',
  },
  'pipeline.packages': {
    takes: 'names, each with its keys',
    default: 'none',
    help: 'the package repositories that announce what they publish',
  },
  'pipeline.packages.hosts': { takes: 'keys', help: 'the hosts that refresh their package lists' },
  'pipeline.packages.hosts.class': { takes: 'a class', help: 'the class of these hosts' },
  'pipeline.packages.distributions': {
    takes: 'a list of codenames',
    default: 'all of them',
    help: 'the distributions whose changes concern these hosts',
  },
  'pipeline.packages.environments': {
    takes: 'a list of environments',
    help: 'the environments whose hosts refresh them',
  },
  'pipeline.repositories.ci.by': {
    takes: '`runners`',
    default: '`lockstep serve` itself',
    help: 'who runs it: machines that take builds off a queue of the bus',
  },
  runner: {
    takes: 'keys',
    default: 'none',
    help: 'what `lockstep ci --listen` needs to test commits for a `lockstep serve` elsewhere',
  },
  'runner.connector': { takes: 'activemq or rabbitmq', help: 'the kind of broker' },
  'runner.brokers': { takes: 'a list', help: 'the brokers of the bus, tried in this order' },
  'runner.brokers.host': { takes: 'a name or an address', help: 'where the broker is' },
  'runner.brokers.port': { takes: 'a port', default: '61613', help: 'its port for STOMP' },
  'runner.brokers.user': { takes: 'a name', default: 'none', help: 'the user of the broker' },
  'runner.brokers.password': { takes: SECRET, default: 'none', help: 'its password' },
  'runner.brokers.tls': { takes: 'files', default: 'no TLS', help: 'the connection is encrypted' },
  'runner.brokers.tls.ca': {
    takes: 'a file',
    default: "the system's authorities",
    help: 'who may sign for the broker',
  },
  'runner.brokers.tls.cert': { takes: 'a file', default: 'none', help: 'the certificate of this client' },
  'runner.brokers.tls.key': { takes: 'a file', default: 'none', help: 'its key' },
  'runner.virtual_host': {
    takes: 'a name',
    default: '`mcollective`, or `/mcollective` with RabbitMQ',
    help: 'the virtual host of the broker',
  },
  'runner.destination': {
    takes: 'a name',
    default: 'lockstep.pipeline',
    help: '`pipeline.bus.destination` of the control host, which its queues begin with',
  },
  'runner.serve_key': { takes: PUBLIC_KEY, help: 'the key of the `lockstep serve` whose orders count' },
  'runner.user': {
    takes: 'a user of this machine',
    default: 'the user of `lockstep ci --listen`, which protects nothing',
    help: 'the user that builds run as',
  },
  'runner.repositories': { takes: 'names, each with its keys', help: 'the repositories that it tests' },
  'runner.repositories.url': {
    takes: 'an address of git',
    help: 'where the repository is, and nowhere else: the same as on the control host',
  },
  'runner.repositories.environment': {
    takes: 'a list of names',
    default: 'none',
    help: 'the variables that a build inherits; no others, so no secrets',
  },
  'pipeline.repositories.ci.reports': {
    takes: 'keys, in place of all others',
    help: 'another CI tests commits, and reports how that went',
  },
  'pipeline.repositories.ci.reports.secret': { takes: SECRET, help: 'what it signs its reports with' },
  'pipeline.repositories.ci.reports.within': {
    takes: 'a duration',
    default: '2 hours',
    help: 'how long a report may take, and a result after the report of a start',
  },
  'pipeline.repositories.ci.jenkins': {
    takes: 'keys, in place of all others',
    help: 'a job of a Jenkins tests commits',
  },
  'pipeline.repositories.ci.jenkins.url': { takes: 'an address', help: 'where Jenkins is' },
  'pipeline.repositories.ci.jenkins.job': { takes: 'a name', help: 'the job, with its folders' },
  'pipeline.repositories.ci.jenkins.user': { takes: 'a name', help: 'the user that starts it' },
  'pipeline.repositories.ci.jenkins.token': { takes: SECRET, help: 'an API token of that user' },
  'pipeline.repositories.ci.jenkins.within': {
    takes: 'a duration',
    default: '2 hours',
    help: 'how long a build may take, with its time in the queue',
  },
  'pipeline.repositories.ci.jenkins.parameters': {
    takes: 'names, each with a text',
    default: '{}',
    help: 'further parameters of the job',
  },
  console: { takes: 'keys', default: 'none', help: 'the pages of `lockstep serve`' },
  'console.people': {
    takes: 'a file',
    default: 'none, where a proxy or `openid` names people',
    help: 'who can log in; `lockstep user` writes it',
  },
  'console.openid': { takes: 'keys', default: 'none', help: 'people log in at an OpenID provider' },
  'console.openid.issuer': { takes: 'an address', help: 'the provider, as it names itself' },
  'console.openid.client': { takes: 'a name', help: 'the name of this console at the provider' },
  'console.openid.secret': { takes: SECRET, help: 'the secret of this console at the provider' },
  'console.openid.name': {
    takes: 'a claim',
    default: 'sub',
    help: 'the name of a person; one that no one can choose for themselves',
  },
  'console.openid.groups': { takes: 'a claim', default: 'none', help: 'the groups of a person' },
  'console.openid.scopes': { takes: 'a list', default: '[]', help: 'further scopes to ask for' },
  'console.policy': { takes: 'a file', help: 'who may do what, in sentences' },
  'console.address': {
    takes: 'an address',
    default: 'the port on 127.0.0.1',
    help: 'where browsers find the console; no other name is answered',
  },
  'console.features': {
    takes: 'a list of paths, `*` among them',
    default: '[]',
    help: 'the features that people may start from a page, below the folder of lockstep.yaml',
  },
  'console.approval': {
    takes: '`another person`, `anybody` or `none`; or environments, each with one of them',
    default: 'another person',
    help: 'who has to approve a plan on a page: another person than the one who asked for it',
  },
  'console.session': { takes: 'a duration', default: '12 hours', help: 'how long a login is good for' },
  'console.idle': { takes: 'a duration', default: '1 hour', help: 'how long a login is good for unused' },
  'console.tls': { takes: 'files', default: 'no TLS', help: '`lockstep serve` speaks https itself' },
  'console.tls.certificate': { takes: 'a file', help: 'its certificate, with those between' },
  'console.tls.key': { takes: 'a file', help: 'the key of the certificate' },
  'console.proxy': { takes: 'keys', default: 'none', help: 'a proxy with TLS stands in front of the pages' },
  'console.proxy.from': {
    takes: 'a list of addresses',
    help: 'where its requests come from; others are refused',
  },
  'console.proxy.user': { takes: 'a header', default: 'people log in here', help: 'names the person' },
  'console.proxy.groups': { takes: 'a header', default: 'none', help: 'names their groups, between commas' },
  environments: { takes: 'names, each with its keys', help: 'the fleets that a run can go to' },
}

/** The keys of an environment, by their path within it. */
export const ENVIRONMENT_KEYS: YamlKeys = {
  client_config: { takes: 'a file', help: 'the client.cfg of mco, in place of all keys up to `security`' },
  roads: {
    takes: 'names, each with `client_config`, or with the keys from `connector` to `security`',
    help: 'several roads to the hosts, in place of those keys',
  },
  connector: { takes: 'activemq, rabbitmq or nats', help: 'the kind of broker' },
  brokers: { takes: 'a list', help: 'the brokers, tried in this order' },
  'brokers.host': { takes: 'a name or an address', help: 'where the broker is' },
  'brokers.port': {
    takes: 'a port',
    default: '61613',
    help: 'its port for STOMP; for NATS the default is 4222',
  },
  'brokers.user': { takes: 'a name', default: 'none', help: 'the user of the broker' },
  'brokers.password': { takes: SECRET, default: 'none', help: 'its password' },
  'brokers.tls': { takes: 'files', default: 'no TLS', help: 'the connection is encrypted' },
  'brokers.tls.ca': {
    takes: 'a file',
    default: "the system's authorities",
    help: 'who may sign for the broker',
  },
  'brokers.tls.cert': { takes: 'a file', default: 'none', help: 'the certificate of this client' },
  'brokers.tls.key': { takes: 'a file', default: 'none', help: 'its key' },
  virtual_host: {
    takes: 'a name',
    default: '`mcollective`, or `/mcollective` with RabbitMQ',
    help: 'the virtual host of the broker',
  },
  collective: { takes: 'a name', default: 'mcollective', help: 'the collective that hosts are in' },
  identity: { takes: 'a name', default: 'the name of this machine', help: 'who asks' },
  direct_addressing: {
    takes: 'true or false',
    default: 'true',
    help: 'false for daemons that do not listen for directed messages',
  },
  reply_exchange: {
    takes: 'true or false',
    default: 'false',
    help: 'true where replies come through the exchange `mcollective_reply` of RabbitMQ, as a cluster needs it',
  },
  security: { takes: 'a provider and its keys', help: 'how requests and replies are signed' },
  'security.provider': {
    takes: 'psk, ssl, aes_security or choria',
    help: 'the security provider of the hosts',
  },
  'security.secret': { takes: SECRET, help: 'the pre-shared key (psk)' },
  'security.callerid': { takes: '`user=deploy`', default: '`uid=` and the user', help: 'who asks (psk)' },
  'security.private_key': { takes: 'a file', help: 'the key of this client (ssl, aes_security)' },
  'security.public_key': {
    takes: 'a file',
    help: 'its public key, whose name is the callerid (ssl, aes_security)',
  },
  'security.certificate': {
    takes: 'a file',
    help: 'the certificate of this client, for requests and TLS (choria)',
  },
  'security.key': { takes: 'a file', help: 'its RSA key (choria)' },
  'security.ca': { takes: 'a file', help: 'the authority of the certificates of all (choria)' },
  'security.server_public_key': { takes: 'a file', help: 'the public key of the hosts (ssl)' },
  'security.serializer': {
    takes: 'marshal or yaml',
    default: 'marshal',
    help: 'how messages are written (ssl)',
  },
  ttl: {
    takes: 'seconds',
    default: String(DEFAULTS.ttl),
    help: 'how long a request is valid; also how far clocks may be apart',
  },
  discovery_window: {
    takes: 'a duration',
    default: formatDuration(DEFAULTS.discoveryWindow),
    help: 'how long an open discovery listens',
  },
  connect_timeout: {
    takes: 'a duration',
    default: formatDuration(DEFAULTS.connectWithin),
    help: 'how long a broker may take to answer',
  },
  heart_beat: {
    takes: 'a duration',
    default: formatDuration(DEFAULTS.heartBeat),
    help: 'how often a connection shows that it is alive',
  },
  look_every: {
    takes: 'a duration',
    default: formatDuration(DEFAULTS.lookEvery),
    help: 'how often a line that waits looks again',
  },
  host_leases: {
    takes: 'true or false',
    default: 'false',
    help: 'hosts hold a lease too, for control hosts that share nothing',
  },
  safe_mode: {
    takes: 'true or false',
    default: 'false',
    help: 'nothing is changed until a release is activated',
  },
  timeouts: {
    takes: 'agents, each with a duration',
    default: "those of the agents' own contracts",
    help: 'how long actions may take; `default` is for all others',
  },
  notifications: { takes: 'a list of channels', default: 'none', help: 'who is told of live runs' },
  'notifications.webhook': { takes: `${SECRET}, or \`{url: https://…}\``, help: 'the address of a webhook' },
  'notifications.bearer': { takes: SECRET, default: 'none', help: 'the token that a webhook is sent' },
  'notifications.hmac': {
    takes: SECRET,
    default: 'none',
    help: 'the key that the body of a webhook is signed with',
  },
  'notifications.slack': { takes: SECRET, help: 'the address of a Slack webhook' },
  'notifications.email': { takes: 'a server and mailboxes', help: 'who gets an email, and through what' },
  'notifications.email.server': { takes: 'a name or an address', help: 'the mail server' },
  'notifications.email.port': { takes: 'a port', default: '587, 465 or 25, by `tls`', help: 'its port' },
  'notifications.email.from': { takes: 'an address', help: 'the sender' },
  'notifications.email.to': { takes: 'a list of addresses', help: 'the receivers' },
  'notifications.email.user': { takes: 'a name', default: 'none', help: 'the user of the mail server' },
  'notifications.email.password': { takes: SECRET, default: 'none', help: 'its password' },
  'notifications.email.tls': {
    takes: 'starttls, implicit or none',
    default: 'starttls',
    help: 'how the connection is encrypted',
  },
  'notifications.topic': { takes: 'a topic', help: "a topic of the fleet's own broker" },
  'notifications.channel': { takes: 'a name', help: 'a channel that an extension has' },
  'notifications.with': {
    takes: 'names, each with a value',
    default: 'none',
    help: 'what its code is given',
  },
  'notifications.template': {
    takes: 'a text',
    default: "Lockstep's own",
    help: 'what is sent; `<event>` and the like are filled in',
  },
  'notifications.on': {
    takes: 'a list of events',
    default: 'all',
    help: 'the events that the channel is told',
  },
  'notifications.ca': {
    takes: 'a file',
    default: "the system's authorities",
    help: 'who may sign for the receiver',
  },
  haproxy: {
    takes: 'a list of sockets',
    default: 'none',
    help: 'the HAProxies in front of the hosts; they act as one',
  },
  'haproxy.socket': { takes: 'a file', help: 'a runtime socket on this machine' },
  'haproxy.host': { takes: 'a name or an address', help: 'a runtime socket elsewhere' },
  'haproxy.port': { takes: 'a port', help: 'its port' },
  balancers: { takes: 'a list', default: 'none', help: 'the pools behind balancers of a team' },
  'balancers.name': { takes: 'a name', help: 'the backend that features name' },
  'balancers.kind': { takes: 'a name', help: 'a kind of balancer that an extension has' },
  'balancers.with': { takes: 'names, each with a value', default: 'none', help: 'what its code is given' },
  'balancers.within': {
    takes: 'a duration',
    default: '30 seconds',
    help: 'how long a call of its code may take, and until hosts are out or back',
  },
  prometheus: { takes: 'keys', default: 'none', help: 'the Prometheus whose metrics features name' },
  'prometheus.url': {
    takes: 'an address of http or https',
    help: 'where it is, with the path that a proxy has put before it',
  },
  'prometheus.ca': {
    takes: 'a file',
    default: "the system's authorities",
    help: 'who may sign for it',
  },
  'prometheus.user': { takes: 'a name', default: 'none', help: 'the user that it asks for' },
  'prometheus.password': { takes: SECRET, default: 'none', help: 'the password of that user' },
  'prometheus.token': { takes: SECRET, default: 'none', help: 'a bearer token, in place of a user' },
  'prometheus.stale_after': {
    takes: 'a duration',
    default: '90 seconds',
    help: 'how old a sample may be; more than the time between two scrapes',
  },
  inventory: {
    takes: 'a list of sources',
    default: 'whoever answers',
    help: 'the hosts that should be there: files, programs, `discovery`',
  },
  'inventory.csv': { takes: 'a file', help: 'a table with the column `host`' },
  'inventory.delimiter': {
    takes: 'comma, semicolon or tab',
    default: 'comma',
    help: 'the sign between its cells',
  },
  'inventory.yaml': { takes: 'a file', help: 'hosts by name' },
  'inventory.program': { takes: 'a file', help: "a program that prints Ansible's dynamic inventory" },
  'inventory.within': { takes: 'a duration', default: '30 seconds', help: 'how long it may take' },
  variables: {
    takes: 'names, each with a value',
    default: 'none',
    help: 'what `<name>` stands for in features',
  },
}
