@behaviour
Feature: 5. Stopping
    Ctrl-C lets the step end and names what is out of rotation. A kill loses nothing that was written down.

    Scenario: Ctrl-C lets the step end, and then stops
        A step that is broken off leaves hosts in a state that is in no history.

        Given the website feature
        And the host "web3.example.net=slow"
        When I run cucumber-js "website.feature" and press Ctrl-C at "isblocked"
        Then it should exit with 130
        And it should say "Stopping after this step"
        And it should say "INTERRUPTED by the operator"
        And it should say "✔ Then traffic from the load balancer should be blocked 8/8 hosts"
        And it should say "Still out of rotation: 8 hosts"
        And it should show no stack trace
        And the file "reports/rollout.html" should contain "<h1>INTERRUPTED (embedded fleet)</h1>"

    Scenario: Ctrl-C when all lines have passed, while strangers can still answer the discovery
        It is unknown whether a stranger would have come: such a run has not passed.

        Given a fleet that runs elsewhere, and an mco configuration for it
        And a file "lockstep.yaml":
            """
            environments:
              test:
                client_config: client.cfg
                discovery_window: 10 minutes
                inventory: [hosts.csv]
            """
        And a file "hosts.csv":
            """
            host,role,country
            web9.example.net,roles::dev_server,fr
            web10.example.net,roles::dev_server,fr
            """
        And a feature "own.feature" with the steps:
            """
            Given I want to update hosts with class roles::dev_server
            And I want to update hosts with fact country=fr
            And I want to pre-discover how many hosts to update
            Then every host should answer
            """
        When I run cucumber-js "-p live own.feature" and press Ctrl-C at "scenario passed"
        Then it should exit with 130
        And it should say "INTERRUPTED by the operator"
        And it should say "✔ Then every host should answer 2/2 hosts"
        And it should show no stack trace

    Scenario Outline: <signal> ends it as Ctrl-C does
        CI systems and closed terminals send other signals, and hosts would be left out without a word.

        Given the website feature
        When I run cucumber-js "website.feature" and send it "<signal>" at "isblocked"
        Then it should exit with 130
        And it should say "INTERRUPTED by the operator"
        And it should say "Still out of rotation: 8 hosts"
        And it should show no stack trace

        Examples:
            | signal  |
            | SIGTERM |

        @long
        Examples:
            | signal  |
            | SIGHUP  |

    Scenario: A report that cannot be written does not change the outcome of the rollout
        A wrong folder would make a good rollout fail, or stop it with hosts out of service.

        Given the website feature
        And there is a folder "reports/rollout.html"
        And there is a folder "reports/junit.xml"
        When I run cucumber-js "website.feature"
        Then it should exit with 0
        And it should say "PASSED 10 steps on 8 hosts"
        And it should say "reports/rollout.html could not be written:"
        And it should say "the verdict and the exit status are what they are without it"
        And it should show no stack trace

    Scenario Outline: A full disk for the output does not change the outcome of the rollout: <stream>
        The process would die at its next line of output, with hosts blocked.

        Given the website feature
        When I run cucumber-js "website.feature" with its <stream> on a full disk
        Then it should exit with 0
        And 0 hosts should be out of rotation
        And it should show no stack trace

        Examples:
            | stream          |
            | standard output |

        @long
        Examples:
            | stream          |
            | standard error  |

    Scenario: Ctrl-C twice ends the run at once
        An operator has to be able to leave a step that hangs.

        Given the website feature
        And the host "web3.example.net=slow"
        When I run cucumber-js "website.feature" and press Ctrl-C twice at "isblocked"
        Then it should exit with 130

    @long
    Scenario: SIGQUIT stops at once, as Ctrl-C twice does, and names the hosts that are out
        A run that ends at once leaves hosts out, and their names are needed right then.

        Given the website feature
        When I run cucumber-js "website.feature" and send it "SIGQUIT" at "isblocked"
        Then it should exit with 130
        And it should say "Still out of rotation: 8 hosts"

    Scenario: A run that was killed is shown from its journal, with the hosts that are out
        The process can say nothing any more.
        Without its journal, blocked hosts are found when users complain.

        Given the website feature
        And a fleet that runs elsewhere, and an mco configuration for it
        When I run cucumber-js "-p live website.feature" and kill it with -9 at "isblocked"
        Then it should have been ended by the system
        When I run lockstep "status"
        Then it should exit with 1
        And it should say "Out of rotation: 8 hosts"
        And it should say "blocks 192.168.1.1: web[1-8].example.net"
        And it should say "lockstep.cjs put-back --run"
        And it should say "or by hand: mco rpc iptables unblock ipaddr=192.168.1.1 -I web1.example.net"

    @long
    Scenario: The next run says first what an earlier one has left, and can put it back
        A second rollout would take more hosts out of a pool that is short of hosts already.

        Given the website feature
        And the host "web3.example.net=lies from step 3"
        And a fleet that runs elsewhere, and an mco configuration for it
        When I run cucumber-js "-p live website.feature"
        Then it should exit with 1
        And it should say "Still out of rotation: 8 hosts"
        And it should say "lockstep.cjs status"
        Given a feature "back.feature" with the steps:
            """
            Given the load balancer has ip address 192.168.1.1
            And I want to update hosts with identity /^web[12456789]\./
            And I want to update hosts with fact country=de
            When I unblock the load balancer
            Then traffic from the load balancer should be unblocked
            """
        When I run cucumber-js "-p live back.feature"
        Then it should exit with 0
        And it should say "Still out of rotation from earlier runs: 8 hosts blocks 192.168.1.1"
        When I run lockstep "status"
        Then it should exit with 1
        And it should say "Out of rotation: 1 host blocks 192.168.1.1: web3.example.net"

    Scenario: Nothing is out of rotation after a rollout that passed
        A false alarm after each good rollout teaches people to ignore true ones.

        Given the website feature
        And a fleet that runs elsewhere, and an mco configuration for it
        When I run cucumber-js "-p live website.feature"
        Then it should exit with 0
        And it should not say "the-psk-of-the-manual"
        When I run lockstep "status"
        Then it should exit with 0
        And it should say "Nothing is out of rotation."

    Scenario: A reader that leaves does not stop the rollout
        An operator who pipes the output into head would stop the rollout in its middle.

        Given the website feature
        When I run cucumber-js "website.feature" and leave after the first line
        Then it should exit with 0
        And 0 hosts should be out of rotation
        And the step "traffic from the load balancer should be unblocked" should have counted:
            | expected   | 8 |
            | answered   | 8 |
            | diverged   | 0 |
            | silent     | 0 |
            | unexpected | 0 |
            | out        | 0 |

    Scenario: A journal that was damaged is never taken for "all done"
        Hosts named on the damaged lines would stay blocked, and status would be green.

        Given a file ".lockstep/live/20260101-120000-abcd.journal.ndjson":
            """
            00000000 {"type":"closed","obligation":"blocks 192.168.1.1","hosts":["web1"]}
            """
        When I run lockstep "status"
        Then it should exit with 1
        And it should say "20260101-120000-abcd.journal.ndjson is damaged from line 1 on"
        And it should not say "Nothing is out of rotation"

    @long
    Scenario Outline: An entry among journals that is no journal is named, and nothing is called clear: a <kind>
        An unreadable file may be the journal that names blocked hosts.

        Given the website feature
        And a fleet that runs elsewhere, and an mco configuration for it
        And there is a <kind> ".lockstep/live/20260101-120000-abcd.journal.ndjson"
        When I run lockstep "status"
        Then it should exit with 1
        And it should say "20260101-120000-abcd.journal.ndjson cannot be read: it <said>"
        And it should not say "Nothing is out of rotation"
        When I run cucumber-js "-p live website.feature"
        Then it should exit with 0
        And it should say "Not everything is known of earlier runs"
        And it should say "Of earlier runs not everything is known."
        And it should not say "Nothing is left out of rotation"

        Examples:
            | kind            | said          |
            | folder          | is a folder   |
            | pipe            | is a pipe     |
            | link to nowhere | leads nowhere |

    Scenario: A journal that is removed in mid-run stops the rollout, and the hosts that are out are still named
        Each further step would be in no history, and a crash would lose every blocked host.

        Given the website feature
        And a fleet that runs elsewhere, and an mco configuration for it
        When I run cucumber-js "-p live website.feature" and the journals are removed at "isblocked"
        Then it should exit with 1
        And it should say "somebody removed it during the run"
        And it should say "Still out of rotation: 8 hosts"
        And it should show no stack trace
        When I run lockstep "status"
        Then it should exit with 1
        And it should say "Out of rotation: 8 hosts"

    Scenario: A journal that is removed while hosts are changed does not hide how to go on
        The operator stands before a half-updated fleet, and needs the way on most of all.

        Given the website feature
        And a fleet that runs elsewhere, and an mco configuration for it
        When I run cucumber-js "-p live website.feature" and the journals are removed at '"action":"update"'
        Then it should exit with 1
        And it should say "somebody removed it during the run"
        And it should say "a feature with the 8 hosts that are not done; once they are mended, run it:"

    @long
    Scenario: A look that fails at the end does not hide what was changed
        A balancer that is away must not cost the report of what was changed.

        Given a feature "own.feature" with the steps:
            """
            Given this is release 1.3
            And the load balancer is the haproxy backend www
            And I want to update hosts with identity /^web[1-2]\./
            When I block the load balancer
            And I update the package mywebapp
            Then the package version for mywebapp should be 4.2.6-3.el5
            """
        And a fleet that runs elsewhere, and an mco configuration for it
        And a HAProxy in front of it
        When I run cucumber-js "-p live own.feature" and HAProxy is gone at '"type":"became"'
        Then it should exit with 4
        And it should say "Still out of rotation: 2 hosts"
        When I run lockstep "history"
        Then it should say "4.2.6-2.el5 → 4.2.6-3.el5, done web[1-2].example.net"

    Scenario Outline: A journal that is <how> in mid-run stops the rollout, and nothing is called clear afterwards
        A journal restored from a backup would name no blocked host, and all would seem well.

        Given the website feature
        And a fleet that runs elsewhere, and an mco configuration for it
        When I run cucumber-js "-p live website.feature" and at "isblocked" its journal is <how> to what it was before anybody was taken out
        Then it should exit with 1
        And it should say "<said> it during the run"
        And it should say "Still out of rotation: 8 hosts"
        And it should show no stack trace
        When I run lockstep "status"
        Then it should exit with <exit>
        And it should say "<then>"
        And it should not say "Nothing is out of rotation"

        Examples:
            | how       | said              | exit | then                           |
            | shortened | somebody changed  | 1    | was changed by somebody during |

        @long
        Examples:
            | how       | said              | exit | then                           |
            | exchanged | somebody replaced | 1    | Out of rotation: 8 hosts       |

    @long
    Scenario: A broker that goes away for good ends the run, and names the hosts that are out
        The run would wait for ever, or call hosts failed that it could not ask.

        Given the website feature
        And the host "web3.example.net=very slow"
        And a fleet that runs elsewhere, and an mco configuration for it
        And a file "lockstep.yaml":
            """
            environments:
              test: { client_config: client.cfg, timeouts: { default: 10 seconds } }
            """
        When I run cucumber-js "-p live website.feature" and the broker is gone at "iptables"
        Then it should exit with 4
        And it should say "UNREACHABLE"
        And it should say "it did not come back"
        And it should say "Silent: all 8 hosts"
        And it should say "Still out of rotation: 8 hosts"
        And it should show no stack trace
