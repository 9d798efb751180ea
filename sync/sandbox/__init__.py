"""The whole product on one machine: simulated outsides, faults on purpose, a clock that tests can move.

Nothing that is deployed imports this package.
"""
