@behaviour
Feature: 19. Notices
    Notifications tell people and programs the events of a live rollout. They never affect the run: an undelivered one is a
    note at the end.

    Scenario: Events are sent as they happen, and the address of the hook is shown nowhere
        The address of a hook is a secret: anyone who has it can write to the channel.

        Given the website feature
        And a fleet that runs elsewhere, and an mco configuration for it
        And notifications to a web server and to the topic "/topic/lockstep"
        When I run cucumber-js "-p live website.feature"
        Then it should exit with 0
        And it should not say "not delivered"
        And it should not say "s3cret-of-the-hook"
        And the web server should have been told:
            | started |                 |
            | ended   | PASSED, 8 hosts |
        And the topic should have been told:
            | started |                 |
            | ended   | PASSED, 8 hosts |

    Scenario: A notification of a failure has its line and its hosts
        A message that only says failed wakes a person who then has to look for the rest.

        Given the website feature
        And the host "web3.example.net=lies from step 3"
        And a fleet that runs elsewhere, and an mco configuration for it
        And notifications to a web server and to the topic "/topic/lockstep"
        When I run cucumber-js "-p live website.feature"
        Then it should exit with 1
        And the web server should have been told:
            | started |                                                                                                |
            | failed  | at "the package version for mywebapp should be 4.2.6-3.el5" (website.feature:11); failed: web3 |
            | ended   | FAILED, 8 hosts; failed: web3.example.net; still out of rotation: web1.example.net, web2       |

    Scenario: Waves and approvals are sent too
        A rollout waits for an approval, and no person knows of it.

        Given a feature "own.feature" with waves "2 hosts, the rest" and the steps:
            """
            And I wait for approval
            When I update the package mywebapp
            """
        And a fleet that runs elsewhere, and an mco configuration for it
        And notifications to a web server and to the topic "/topic/lockstep"
        When I run cucumber-js "-p live own.feature", and somebody writes "<run> Marie" to "approval" when asked
        Then it should exit with 0
        And the web server should have been told:
            | started         |                                   |
            | wave begun      | wave 1 (2 hosts), 2 hosts: begun  |
            | approval wanted | Go on with 2 hosts?               |
            | wave ended      | wave 1 (2 hosts), 2 hosts: passed |
            | wave begun      | wave 2 (the rest), 6 hosts        |
            | approval wanted | Go on with 6 hosts?               |
            | wave ended      | wave 2 (the rest)                 |
            | ended           | PASSED, 8 hosts                   |

    Scenario Outline: A rollout passes, and says so, when its web server <does>
        A chat that is down would stop a deploy, or a missing message would go unseen.

        Given the website feature
        And a fleet that runs elsewhere, and an mco configuration for it
        And notifications to a web server and to the topic "/topic/lockstep"
        And the web server <does>
        When I run cucumber-js "-p live website.feature"
        Then it should exit with 0
        And it should say "PASSED 10 steps on 8 hosts"
        And it should say "noted: 2 notifications were not delivered to webhook 127.0.0.1"
        And it should say "<why>"
        And it should not say "s3cret-of-the-hook"
        And it should show no stack trace
        And the topic should have been told:
            | started |                 |
            | ended   | PASSED, 8 hosts |

        Examples:
            | does          | why                                     |
            | is gone       | cannot be reached: nobody listens there |

        @long
        Examples:
            | does          | why                                     |
            | never answers | not answer                              |

    Scenario: A mistake in a channel is named before anything is sent
        The mistake would come to light at the first failure, when the message is needed.

        Given the website feature
        And a fleet that runs elsewhere, and an mco configuration for it
        And a file "lockstep.yaml":
            """
            environments:
              test:
                client_config: client.cfg
                notifications:
                  - slack: { env: SLACK_URL }
                    template: "<sumary> in <environment>"
            """
        When I run cucumber-js "-p live website.feature"
        Then it should exit with 2
        And it should say "lockstep.yaml:6: environments.test.notifications.0.template"
        And it should say "expected a known placeholder in place of <sumary>"
