@behaviour
Feature: 9. Locks and gates
    Two rollouts that share a host do not run at once; and a rollout waits for the people and the times that its feature names.

    Scenario: A second rollout is refused, and names the run that has the hosts
        Two rollouts would take more hosts out than either of them allows.

        Given the website feature
        And a fleet that runs elsewhere, and an mco configuration for it
        When I run cucumber-js "-p live website.feature" and then, at "iptables", "-p live website.feature"
        Then it should exit with 6
        And it should say "another rollout has hosts of this one: web[1-8].example.net by run"
        And it should say "No host was touched"
        And the other run should exit with 0

    @long
    Scenario: Hosts go by their names, however the brokers are spelt
        Two operators with different configurations would roll out to the same hosts at once.

        Given the website feature
        And a fleet that runs elsewhere, and an mco configuration for it
        And another mco configuration "other.cfg" for it, with the brokers "127.0.0.1, localhost"
        And a file "lockstep.yaml":
            """
            default: one
            environments:
              one: { client_config: client.cfg }
              other: { client_config: other.cfg }
            """
        When I run cucumber-js "-p live website.feature" and kill it with -9 at "isblocked"
        And I run cucumber-js "-p live website.feature" in the environment "other"
        Then it should exit with 6
        And it should say "another rollout has hosts of this one: web[1-8].example.net by run"
        And it should say "if these are other hosts of the same name"

    @long
    Scenario: A rollout waits for another as long as its feature says
        A nightly rollout would fail each time another takes a minute longer.

        Given the website feature
        And a feature "patient.feature" with the steps:
            """
            Given I wait up to 10 minutes for other rollouts
            And the load balancer has ip address 192.168.1.1
            And I want to update hosts with identity web1.example.net
            When I block the load balancer
            And I unblock the load balancer
            """
        And a fleet that runs elsewhere, and an mco configuration for it
        When I run cucumber-js "-p live website.feature" and then, at "iptables", "-p live patient.feature", which waits
        Then it should exit with 0
        And the other run should exit with 0

    @long
    Scenario: A lock whose process was killed is named, and taken with a reason
        No run can free that lock, and no person should take it without giving a reason.

        Given the website feature
        And a fleet that runs elsewhere, and an mco configuration for it
        When I run cucumber-js "-p live website.feature" and kill it with -9 at "isblocked"
        Then it should have been ended by the system
        When I run cucumber-js "-p live website.feature"
        Then it should exit with 6
        And it should say "a process that is gone"
        And it should say "take the lock with LOCKSTEP_TAKE_LOCK="
        Given the environment variable "LOCKSTEP_TAKE_LOCK" is "it was killed"
        When I run cucumber-js "-p live website.feature"
        Then it should exit with 0

    @long
    Scenario: A proposed command works although the second Ctrl-C ended its run
        The lock that it leaves would refuse the very command that it has proposed.

        Given the website feature
        And a repository with a cucumber.js
        And a fleet that runs elsewhere, and an mco configuration for it
        When I run cucumber-js "-p live website.feature" and press Ctrl-C twice at "isblocked"
        Then it should exit with 130
        When I run what "website.feature" has proposed to "run it"
        Then it should exit with 0
        When I run lockstep "status"
        Then it should exit with 0
        And it should not say "Locked"

    Scenario Outline: Putting hosts back can be done again when it was ended: <signal>
        Hosts would stay out of service behind the lock of the command that puts them back.

        Given the website feature
        And a fleet that runs elsewhere, and an mco configuration for it
        When I run cucumber-js "-p live website.feature" and kill it with -9 at "isblocked"
        And I run lockstep "put-back --all" and send it "<signal>" at "unblock"
        Then it <ended>
        When I run lockstep "put-back --all"
        Then it should exit with 0
        And it should say "<said>"
        When I run lockstep "status"
        Then it should exit with 0
        And it should not say "Locked"

        Examples:
            | signal  | ended                               | said              |
            | SIGKILL | should have been ended by the system | Put back: 8 hosts |

        @long
        Examples:
            | signal  | ended               | said                                       |
            | SIGINT  | should exit with 0  | Nothing that was named is out of rotation. |

    Scenario: A folder of locks that cannot be used stops rollouts, and still lets the ledger be read
        Without locks two rollouts may meet, but the ledger is needed most when something is wrong.

        Given the website feature
        And a fleet that runs elsewhere, and an mco configuration for it
        And a file "no-folder":
            """
            not a folder
            """
        And the environment variable "LOCKSTEP_LOCKS" is "no-folder"
        When I run cucumber-js "-p live website.feature"
        Then it should exit with 6
        And it should say "the folder of locks no-folder cannot be used"
        And it should say "name another folder with LOCKSTEP_LOCKS"
        When I run lockstep "status"
        Then it should say "Locks are not known"

    Scenario: Approval is refused where there is no terminal to ask at
        A CI job would hang until its time-out, with a rollout half begun.

        Given a feature "own.feature" with the steps:
            """
            Given I want to update hosts with class roles::dev_server
            And I wait for approval
            When I update the package mywebapp
            """
        When I run cucumber-js "own.feature"
        Then it should exit with 6
        And it should say "approval is asked for, and there is nobody to ask"

    Scenario Outline: Approval by a file that names the run: "<said>"
        An old file of another week would approve a rollout that no one has looked at.

        Given a feature "own.feature" with the steps:
            """
            Given I want to update hosts with class roles::dev_server
            And I want to pre-discover how many hosts to update
            And I wait up to <time> for approval
            When I update the package mywebapp
            """
        When I run cucumber-js "own.feature", and somebody writes "<said>" to "approval" when asked
        Then it should exit with <status>
        And it should say "<answer>"

        Examples:
            | said            | time       | status | answer                     |
            | <run> alice     | 10 minutes | 0      | Go on with 10 hosts?       |

        @long
        Examples:
            | said            | time       | status | answer                     |
            | <run> no        | 10 minutes | 6      | approval was refused       |
            | last-week alice | 1 second   | 6      | nobody approved within 1 s |

    Scenario: A signal approves, and the run says which
        On a host without a shared folder there would be no way to approve.

        Given a feature "own.feature" with the steps:
            """
            Given I want to update hosts with class roles::dev_server
            And I wait up to 10 minutes for approval
            When I update the package mywebapp
            """
        And the environment variable "LOCKSTEP_APPROVAL" is "signal"
        When I run cucumber-js "own.feature", and send it "SIGUSR2" once it says "kill -USR2"
        Then it should exit with 0
        And it should say "Go on with 10 hosts? To approve: kill -USR2"

    Scenario: Without a terminal, a run waits for the console where it is told to
        A rollout of a service would have nobody to ask.

        Given a feature "own.feature" with the steps:
            """
            Given I want to update hosts with class roles::dev_server
            And I wait up to 1 second for approval
            When I update the package mywebapp
            """
        And the environment variable "LOCKSTEP_APPROVAL" is "console"
        When I run cucumber-js "own.feature"
        Then it should exit with 6
        And it should say "in the console of lockstep serve"
        And it should say "nobody approved within 1 s"

    Scenario: A window over the whole day is open
        A window that is misread would stop rollouts at noon, or allow them at night.

        Given a feature "own.feature" with the steps:
            """
            Given only between 00:00 and 24:00 on every day in UTC
            And I want to update hosts with class roles::dev_server
            Then every host should answer
            """
        When I run cucumber-js "own.feature"
        Then it should exit with 0

    Scenario: Gates that cannot be are named before anything is sent
        A gate that means nothing would be open, or stop the rollout half-way.

        Given a feature "own.feature" with the steps:
            """
            Given only between 9:00 and 16:00 on weekdays
            And only between 09:00 and 09:00 on weekdays
            And only between 09:00 and 16:00 on someday
            And only between 09:00 and 16:00 on weekdays in Mars
            And up to 0 hosts may fail
            And up to 100% of the hosts may fail
            And at least 0% of the pool must stay in service
            And fewer than 0% of requests should fail for 1 second
            And the load balancer is the haproxy backend a;b
            And only between 09:00 and 09:00 on weekdays
            """
        When I run cucumber-js "-p lint own.feature"
        Then it should exit with 2
        And it should say of the lines of "own.feature":
            | 3  | "9:00" is not a time of day                                 |
            | 4  | between 09:00 and 09:00 may mean the whole day              |
            | 5  | "someday" is not days                                       |
            | 6  | "Mars" is no time zone                                      |
            | 7  | "0 hosts" is not a number of hosts that may fail            |
            | 8  | "100% of the hosts" is not a number of hosts that may fail  |
            | 9  | "0%" is not a part of the pool                              |
            | 10 | 0% is no percentage                                         |
            | 11 | "a;b" is not the name of a backend                          |
        And it should say "nothing was sent"

    Scenario: No host goes back to an older version where the feature forbids it
        An old version over a newer one can destroy data that the newer one wrote.

        Given a feature "own.feature" with the steps:
            """
            Given I want to update hosts with identity /^web[1-2]\./
            And no host may go back to an older version
            When I install version 4.2.6-1.el5 of the package mywebapp
            """
        When I run cucumber-js "own.feature"
        Then it should exit with 1
        And it should say "would go back from 4.2.6-2.el5 to 4.2.6-1.el5"

    Scenario: A rollout that takes too long has not passed
        Work that runs on after the maintenance window would meet users, and be called a success.

        Given a feature "own.feature" with the steps:
            """
            Given I want to update hosts with identity web1.example.net
            And the rollout should take no longer than 1 ms
            Then every host should answer
            """
        When I run cucumber-js "own.feature"
        Then it should exit with 1
        And it should say "and should take no longer than 1 ms"
