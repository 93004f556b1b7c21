Feature: Update the website
    Background:
        Given the load balancer is the haproxy backend www
        And I want to update hosts with class roles::dev_server
        And I want to pre-discover how many hosts to update
        And there should be exactly 8 hosts
        And at least 50% of the pool must stay in service

    Scenario Outline: Update the website on <wave>
        Given I take <wave>
        When I drain the load balancer within 30 seconds
        Then traffic from the load balancer should be blocked
        When I install version <version> of the package mywebapp
        Then the package version for mywebapp should be <version>
        And the check check_http should be ok within 30 seconds
        When I unblock the load balancer
        Then traffic from the load balancer should be unblocked

        Examples:
            | wave     |
            | 1 host   |
            | 3 hosts  |
            | the rest |
