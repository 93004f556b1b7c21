@behaviour
Feature: 7. The pool
    HAProxy gets orders through its runtime socket. A look afterwards decides, and not its answer to the order.

    Scenario: Enough of the pool has to stay in service
        The hosts that are left would break down under the load of all.

        Given a feature "own.feature" with the steps:
            """
            Given the load balancer is the haproxy backend www
            And I want to update hosts with identity /^web[1-5]\./
            And at least 60% of the pool must stay in service
            When I block the load balancer
            """
        When I run cucumber-js "own.feature"
        Then it should exit with 6
        And it should say "REFUSED 8 of 8 hosts of the pool are in service; with 5 hosts out there would be 3, and 5 must stay; no host was touched"
        And it should say "Nothing is left out of rotation."

    Scenario: The last host of a pool is not taken out unless the feature says so
        Users would get errors, since no server is left that could answer.

        Given a feature "own.feature" with the steps:
            """
            Given the load balancer is the haproxy backend www
            And I want to update hosts with identity /^web[1-8]\./
            When I block the load balancer
            """
        When I run cucumber-js "own.feature"
        Then it should exit with 6
        And it should say "with 8 hosts out there would be 0, and 1 must stay"
        Given a feature "own.feature" with the steps:
            """
            Given the load balancer is the haproxy backend www
            And I want to update hosts with identity /^web[1-8]\./
            And the whole pool may be out of service
            When I block the load balancer
            Then the pool www should have 8 hosts in service
            """
        When I run cucumber-js "own.feature"
        Then it should exit with 1
        And it should say "MAINT"

    @long
    Scenario: With a host firewall, the pool is the hosts of the rollout
        Without a balancer to ask, a limit for the pool would be passed over in silence.

        Given a feature "own.feature" with the steps:
            """
            Given the load balancer has ip address 192.168.1.1
            And I want to update hosts with class roles::dev_server
            And at least 1 host of the pool must stay in service
            When I block the load balancer
            """
        When I run cucumber-js "own.feature"
        Then it should exit with 6
        And it should say "and 1 must stay; no host was touched"

    @long
    Scenario: The servers of the pool and its failed requests are counted
        A rollout could pass while users get errors.
        No request at all is no proof of health.

        Given a feature "own.feature" with the steps:
            """
            Given the load balancer is the haproxy backend www
            And I want to update hosts with identity web1.example.net
            When I drain the load balancer
            Then the pool www should have 7 hosts in service
            When I unblock the load balancer
            Then traffic from the load balancer should be unblocked within 5 minutes
            And the pool www should have 8 hosts in service
            And fewer than 1% of requests should fail for 100 ms
            """
        When I run cucumber-js "own.feature"
        Then it should exit with 1
        And it should say "✔ And the pool www should have 8 hosts in service"
        And it should say "0 of 0 requests failed in 100 ms"

    Scenario: Connections that do not end in time are cut only where the sentence says so
        A long download would be broken off without anyone having decided that.

        Given a feature "own.feature" with the steps:
            """
            Given the load balancer is the haproxy backend www
            And I want to update hosts with identity web1.example.net
            When I drain the load balancer within 1 second and then cut what is left
            Then traffic from the load balancer should be blocked
            """
        When I run cucumber-js "own.feature"
        Then it should exit with 0

    Scenario: A host firewall is not asked to drain
        An author who asks for a drain believes that no connection is cut.

        Given a feature "own.feature" with the steps:
            """
            Given the load balancer has ip address 192.168.1.1
            And I want to update hosts with identity web1.example.net
            When I drain the load balancer
            """
        When I run cucumber-js "own.feature"
        Then it should exit with 2
        And it should say "the balancer cuts connections and cannot drain them"

    Scenario: A host that is no server of the backend is named
        The host would be changed while another balancer still sends it requests.

        Given a feature "own.feature" with the steps:
            """
            Given the load balancer is the haproxy backend www
            And I want to update hosts with identity web9.example.net
            When I block the load balancer
            """
        When I run cucumber-js "own.feature"
        Then it should exit with 1
        And it should say "is no server of the backend www"

    Scenario Outline: A HAProxy whose answer is <fault> in mid-rollout stops it, and the hosts that are out are named
        Half an answer could be read as a host in maintenance, and its users would be cut off.

        Given the rolling feature
        And the host "haproxy=<fault> from question 16"
        When I run cucumber-js "rolling.feature"
        Then it should exit with 4
        And it should say "UNREACHABLE HAProxy at 127.0.0.1:"
        And it should say "<said>"
        And it should say "Still out of rotation: 1 host"
        And it should show no stack trace

        Examples:
            | fault     | said                    |
            | truncated | broke off in its answer |

        @long
        Examples:
            | fault     | said                    |
            | garbage   | was expected            |

    Scenario Outline: A HAProxy that is <fault> is noticed when it is looked at, and no host is updated in rotation
        An order that HAProxy ignores would leave the host in service while it is updated.

        Given the rolling feature
        And the host "haproxy=<fault>"
        When I run cucumber-js "rolling.feature"
        Then it should exit with 1
        And it should say "✘ When I drain the load balancer within 30 seconds 0/1 hosts"
        And it should say "<said>"

        Examples:
            | fault  | said              |
            | deaf   | in service        |

        @long
        Examples:
            | fault  | said              |
            | denied | Permission denied |

    Scenario: An environment that has no HAProxy says how to give it one
        The operator would look for the mistake in the feature, which is right.

        Given the rolling feature
        And a fleet that runs elsewhere, and an mco configuration for it
        When I run cucumber-js "-p live rolling.feature"
        Then it should exit with 2
        And it should say "has no HAProxy; give its runtime sockets in lockstep.yaml"

    Scenario: Puppet stays disabled as long as a rollout needs it, and the hosts are in the ledger
        A host with puppet left disabled gets no more fixes, and no one notices.

        Given a feature "own.feature" with the steps:
            """
            Given I want to update hosts with identity /^web[1-2]\./
            When I disable puppet with the message "a rollout is under way"
            Then puppet should be disabled
            """
        When I run cucumber-js "own.feature"
        Then it should exit with 0
        And it should say "Still out of rotation: 2 hosts keeps puppet disabled: all 2 hosts"
        Given a feature "own.feature" with the steps:
            """
            Given I want to update hosts with identity /^web[1-2]\./
            When I disable puppet
            And I enable puppet
            Then puppet should be enabled
            """
        When I run cucumber-js "own.feature"
        Then it should exit with 0
        And it should say "Nothing is left out of rotation."
