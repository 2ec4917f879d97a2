"""The ways in which an old back end is asked whose password it is (ADR 0028), one module each.

Every answer is bounded in size and time, and none is trusted beyond one person's names.
"""
