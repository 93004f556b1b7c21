@behaviour
Feature: 13. In CI
    What GitHub, GitLab and Jenkins show of a run names the hosts, and is never green for a run that is not.

    Scenario: JUnit has a case for each host
        A CI page that says only that a scenario failed hides which host to look at.

        Given the website feature
        And the host "web3.example.net=lies from step 3"
        When I run cucumber-js "website.feature"
        Then it should exit with 1
        And the JUnit report should say:
            | suite                               | name             | result           | message                                                                      |
            | website.feature: Update the website | web1.example.net | skipped          | passed up to line 11; not attempted after it                                 |
            | website.feature: Update the website | web2.example.net | skipped          | passed up to line 11; not attempted after it                                 |
            | website.feature: Update the website | web3.example.net | failure diverged | line 11: the package version for mywebapp should be 4.2.6-3.el5: 4.2.6-2.el5 |
            | website.feature: Update the website | web4.example.net | skipped          | passed up to line 11; not attempted after it                                 |
            | website.feature: Update the website | web5.example.net | skipped          | passed up to line 11; not attempted after it                                 |
            | website.feature: Update the website | web6.example.net | skipped          | passed up to line 11; not attempted after it                                 |
            | website.feature: Update the website | web7.example.net | skipped          | passed up to line 11; not attempted after it                                 |
            | website.feature: Update the website | web8.example.net | skipped          | passed up to line 11; not attempted after it                                 |

    Scenario: JUnit has a suite for each wave, with the hosts that it has or would have had
        Hosts that were not attempted would be missing from the page, as if they were done.

        Given a feature "waves.feature" with waves "1 host, 25%, the rest" and the steps:
            """
            When I update the package mywebapp
            Then the package version for mywebapp should be 4.2.6-3.el5
            """
        And the host "web2.example.net=silent from step 1"
        When I run cucumber-js "waves.feature"
        Then it should exit with 1
        And the JUnit report should say:
            | suite                       | name             | result         | message                                                                                                                            |
            | waves.feature: Own 1 host   | web1.example.net | passed         |                                                                                                                                    |
            | waves.feature: Own 25%      | web2.example.net | failure silent | line 8: I update the package mywebapp: no answer (asked 2 s ago); it answers pings, but not this: its agent hangs or is not loaded |
            | waves.feature: Own 25%      | web3.example.net | skipped        | passed up to line 8; not attempted after it                                                                                        |
            | waves.feature: Own the rest | web4.example.net | skipped        | not attempted                                                                                                                      |
            | waves.feature: Own the rest | web5.example.net | skipped        | not attempted                                                                                                                      |
            | waves.feature: Own the rest | web6.example.net | skipped        | not attempted                                                                                                                      |
            | waves.feature: Own the rest | web7.example.net | skipped        | not attempted                                                                                                                      |
            | waves.feature: Own the rest | web8.example.net | skipped        | not attempted                                                                                                                      |

    Scenario: A host that may fail is skipped, and named
        A green case would hide the failed host, and a red one would hide that the rollout may go on.

        Given a feature "may.feature" with the steps:
            """
            Given up to 1 host may fail
            And I want to update hosts with identity /^web[12]\./
            And I want to pre-discover how many hosts to update
            When I update the package mywebapp
            Then the package version for mywebapp should be 4.2.6-3.el5
            """
        And the host "web2.example.net=lies from step 1"
        When I run cucumber-js "may.feature"
        Then it should exit with 5
        And the JUnit report should say:
            | name             | result  | message                                |
            | web1.example.net | passed  |                                        |
            | web2.example.net | skipped | failed at line 7, and may: 4.2.6-2.el5 |

    Scenario: A rollout without hosts is a failing case, not an empty report
        CI takes an empty report for a success.

        Given a feature "nobody.feature" with the steps:
            """
            Given I want to update hosts with class roles::nobody
            And I want to pre-discover how many hosts to update
            """
        When I run cucumber-js "nobody.feature"
        Then it should exit with 3
        And the JUnit report should say:
            | name         | result                  | message                                                           |
            | the scenario | error nobody-discovered | no host was discovered with class roles::nobody; nothing was done |

    Scenario: A feature that cannot be read fails in JUnit as well
        CI would show the report of the run before.

        Given a file "broken.feature":
            """
            Feature: Broken
              Scenario: Broken
                Given nothing
                bogus
            """
        And a file "reports/junit.xml":
            """
            <testsuites/>
            """
        When I run cucumber-js "-p lint broken.feature"
        Then it should exit with 2
        And the JUnit report should say:
            | suite                   | result            | message                                                     |
            | broken.feature: the run | error bad-feature | one line cannot be run (broken.feature:4); nothing was sent |

    Scenario: A run that is killed leaves no report of the run before
        A green page of yesterday would stand for a rollout that was cut off.

        Given the website feature
        And a file "reports/junit.xml":
            """
            <testsuites/>
            """
        And a file "reports/run.json":
            """
            {}
            """
        When I run cucumber-js "website.feature" and kill it with -9 at "isblocked"
        Then the file "reports/junit.xml" should not exist
        And the file "reports/run.json" should not exist
        And the file "reports/rollout.html" should not exist

    Scenario: GitHub shows the line with the odd hosts, and a summary
        No operator reads ten thousand lines of log to find one host.

        Given the website feature
        And the host "web3.example.net=lies from step 3"
        And the environment variable "GITHUB_ACTIONS" is "true"
        And the environment variable "GITHUB_STEP_SUMMARY" is "summary.md"
        When I run cucumber-js "website.feature"
        Then it should exit with 1
        And it should say "::error file=website.feature,line=11,title=the package version for mywebapp should be 4.2.6-3.el5::1 of 8 hosts diverged%0A4.2.6-2.el5: web3.example.net"
        And it should not say "::group::"
        And the file "summary.md" should contain "## FAILED"
        And the file "summary.md" should contain "web3\.example\.net"
        And the file "summary.md" should contain "blocks 192\.168\.1\.1"

    Scenario: GitHub shows the lines that cannot be run
        An author sees the mistake in the pull request, beside the line.

        Given a feature "bad.feature" with the steps:
            """
            When I block the lode balancer
            """
        And the environment variable "GITHUB_ACTIONS" is "true"
        When I run cucumber-js "-p lint bad.feature"
        Then it should exit with 2
        And it should say "::error file=bad.feature,line=3::unknown step: I block the lode balancer"

    Scenario: A host cannot command the runner that reads the log
        A host that was broken into could set variables of the job, or hide its own failure.

        Given the website feature
        And a file "fleet.yaml":
            """
            repository: { mywebapp: [4.2.6-2.el5, 4.2.6-3.el5] }
            fleet:
              - hosts: web[1-2].example.net
                classes: [roles::dev_server]
                facts: { country: de }
                packages: { mywebapp: '::stop-commands::x' }
            """
        And the environment variable "LOCKSTEP_FLEET" is "fleet.yaml"
        And the host "web1.example.net=lies from step 3"
        And the environment variable "GITHUB_ACTIONS" is "true"
        When I run cucumber-js "website.feature"
        Then it should exit with 1
        And it should say ": :stop-commands::x"
        And no line of the log should be a command but "error"

    Scenario: The jobs are written once, and kept from then on
        A second init would overwrite what the team has changed.

        When I run lockstep "init --ci github"
        Then it should exit with 0
        And it should say "wrote .github/workflows/rollout.yml"
        When I run lockstep "init --ci github"
        Then it should say "kept .github/workflows/rollout.yml"

    @long
    Scenario: A second init changes nothing
        A feature that changes hosts each time cannot be run again after a failure.

        Given the website feature
        When I run cucumber-js "-p default -p idempotence website.feature"
        Then it should exit with 0
        And it should say "planned again right away, it would change nothing"
        Given a feature "restarts.feature" with the steps:
            """
            Given I want to update hosts with class roles::dev_server
            When I update the package mywebapp
            And I restart the service mywebapp
            Then the service mywebapp should be running
            """
        When I run cucumber-js "-p default -p idempotence restarts.feature"
        Then it should exit with 1
        And it should say "run again right away, it would not leave everything as it is: restarts.feature:5 (I restart the service mywebapp): would restart: running, web[1-10].example.net"

    Scenario: A second rollout to hosts elsewhere changes nothing
        Two runs that ask the same hosts could take each other's answers.

        Given the website feature
        And a fleet that runs elsewhere, and an mco configuration for it
        When I run cucumber-js "-p live -p idempotence website.feature"
        Then it should exit with 0
        And it should say "planned again right away, it would change nothing"
