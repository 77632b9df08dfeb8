"""Dirty workbooks by several writers, each with what is to become of every row."""
