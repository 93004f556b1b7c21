Feature: Update the website, a few hosts at a time
    Background:
        Given the load balancer is the haproxy backend www
        And I want to update hosts with class roles::dev_server
        And I want to update hosts with fact country=de
        And I want to pre-discover how many hosts to update
        And there should be at least 3 hosts
        And at least 50% of the pool must stay in service
        And no host may go back to an older version
        And the rollout should take no longer than 30 minutes

    Scenario Outline: Update the website on <wave>
        Given I take <wave>
        When I drain the load balancer within 30 seconds
        Then traffic from the load balancer should be blocked
        When I update the package mywebapp
        Then the package version for mywebapp should be 4.2.6-3.el5
        And the check check_http should be ok within 30 seconds
        When I unblock the load balancer
        Then traffic from the load balancer should be unblocked

        Examples:
            | wave     |
            | 1 host   |
            | 25%      |
            | 25%      |
            | the rest |
