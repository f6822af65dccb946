"""What a planner edits in tables: each register says what its columns and fields are, and turns a form into a value.

A form and a line of CSV are the same thing here: texts by name (`Typed`), read by the same function with the same
complaints. Rows within a thing (the needs of a plan) are `rows.0.column`; in CSV each is a line with the thing's id.
"""
