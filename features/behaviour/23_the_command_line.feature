@behaviour
Feature: 23. The command line
    `lockstep run` is `cucumber-js -p live` with flags in place of variables. It loses no guard that a person has written.

    Background:
        Given a repository with a cucumber.js

    Scenario: A rollout by flags proposes flags, and what it proposes goes on from there
        A command that lacks the environment, a variable or a tag would go on with another rollout.

        Given a file "lockstep.yaml":
            """
            default: nowhere
            environments:
              nowhere: { client_config: none.cfg }
              test: { client_config: client.cfg, discovery_window: 2 seconds, timeouts: { default: 20 seconds } }
            """
        And a file "own.feature":
            """
            Feature: Own
              Background:
                Given I want to update hosts with class roles::dev_server
              @one
              Scenario: One
                When I restart the service <service>
                Then the service <service> should be running
              @two
              Scenario: Two
                When I update the package <service>
                Then the package version for <service> should be 4.2.6-3.el5
              @three
              Scenario: Three
                Then the service nonsense should be running
            """
        And the host "web3.example.net=fails from step 3"
        And a fleet that runs elsewhere, and an mco configuration for it
        When I run lockstep "run --environment test --var service=mywebapp --tags (@one)or(@two) own.feature"
        Then it should exit with 1
        And it should say "lockstep.cjs run --environment test"
        And it should say "--tags '((@one)or(@two))'"
        Given the hosts are mended
        When I run what "own.feature" has proposed to "go on"
        Then it should exit with 0
        And it should say "PASSED"

    Scenario: Ctrl-C reaches the rollout once
        Twice would mean to end at once, with hosts that are left out and nobody who knows.

        Given the website feature
        And a fleet that runs elsewhere, and an mco configuration for it
        When I run lockstep "run website.feature" and send it "SIGINT" at "isblocked"
        Then it should exit with 130
        And it should say "INTERRUPTED by the operator"
        And it should say "Still out of rotation: 8 hosts"
        And it should show no stack trace

    Scenario: A profile of the same name that is not Lockstep's is no rollout
        Cucumber would run it, judge nothing of hosts, and call that a success.

        Given a file "cucumber.js":
            """
            module.exports = { live: { paths: ['x.feature'], requireModule: [], require: ['steps.js'] } }
            """
        And steps of a team, in "steps.js":
            """
            Given('nothing', () => {})
            """
        And a feature "x.feature" with the steps:
            """
            Given nothing
            """
        When I run lockstep "run x.feature"
        Then it should exit with 2
        And it should say "nothing of Lockstep took part"

    Scenario Outline: A misspelt command line is refused in a sentence: <line>
        A flag that is passed over is a guard that was never there.

        Given the website feature
        When I run lockstep "<line>"
        Then it should exit with 2
        And it should say "<said>"
        And it should show no stack trace

        Examples:
            | line                                     | said                                                                 |
            | statsu                                   | there is no command "statsu"; the closest one is status              |

        @long
        Examples:
            | line                                     | said                                                                 |
            | run --enviroment test website.feature    | run has no option "--enviroment"; the closest one is --environment   |
            | run --release --plan=abc website.feature | --release takes a value, and "--plan=abc" is none                    |
            | put-back --run typo                      | no live run here knows a run "typo"                                  |

    @long
    Scenario: What runs leave is there for programs too, in forms of a name and a version
        A script that reads sentences breaks with the next better sentence.

        Given the website feature
        And the host "web3.example.net=fails from step 3"
        And a fleet that runs elsewhere, and an mco configuration for it
        When I run lockstep "plan --json --limit web[1-5].example.net website.feature"
        Then it should print nothing but JSON of the form "lockstep/run/1"
        And the plan that was made should be JSON of the form "lockstep/plan/1"
        When I run lockstep "run --json --limit web[1-5].example.net website.feature"
        Then it should exit with 1
        And it should print nothing but JSON of the form "lockstep/run/1"
        And the file "reports/run.json" should be JSON of the form "lockstep/run/1"
        When I run lockstep "report --json --to again <run>" for the last run
        Then it should print nothing but JSON of the form "lockstep/report/1"
        And the file "again/run.json" should be JSON of the form "lockstep/run/1"
        When I run lockstep "status --json"
        Then it should exit with 1
        And it should print nothing but JSON of the form "lockstep/status/1"
        When I run lockstep "history --json"
        Then it should print nothing but JSON of the form "lockstep/history/1"
        When I run lockstep "history --json --write <run>" for the last run
        Then it should print nothing but JSON of the form "lockstep/history/1"
        When I run lockstep "ping --json"
        Then it should print nothing but JSON of the form "lockstep/ping/1"
        When I run lockstep "doctor --json"
        Then it should print nothing but JSON of the form "lockstep/doctor/1"
        When I run lockstep "put-back --all --json"
        Then it should print nothing but JSON of the form "lockstep/put-back/1"

    Scenario: What code of a team prints is not in the document
        One line of a library that says hello would break every reader.

        Given cucumber and Lockstep in its node_modules
        And a file "cucumber.js":
            """
            module.exports = require('lockstep').profiles({ require: ['steps.js'] })
            """
        And steps of a team, in "steps.js":
            """
            console.log('hello')
            Given('nothing', () => {})
            """
        And a feature "x.feature" with the steps:
            """
            Given nothing
            """
        When I run lockstep "lint --json x.feature"
        Then it should say "hello"
        And it should print nothing but JSON of the form "lockstep/lint/1"

    Scenario Outline: <command> speaks to programs even where there is nothing to say
        An empty answer would be read as "all is well", or break the reader.

        Given the website feature
        And a feature "odd.feature" with the steps:
            """
            Given I tidy up
            """
        When I run lockstep "<command>"
        Then it should exit with <status>
        And it should print nothing but JSON of the form "<form>"

        Examples:
            | command                            | status | form               |
            | lint --json website.feature        | 0      | lockstep/lint/1    |

        @long
        Examples:
            | command                            | status | form               |
            | lint --json odd.feature            | 2      | lockstep/lint/1    |
            | run --json odd.feature             | 2      | lockstep/run/1     |
            | status --json                      | 0      | lockstep/status/1  |
            | history --json                     | 1      | lockstep/history/1 |
            | prune --json --dry-run             | 0      | lockstep/prune/1   |
            | steps --json                       | 0      | lockstep/steps/1   |
            | drift --json --environment nowhere | 3      | lockstep/drift/1   |
            | drift --json --enviroment nowhere  | 3      | lockstep/drift/1   |
