"""Asks duckdb for what is in tables, and says it as JSON.

    query_tables.py FOLDER QUERIES

QUERIES is a file with SQL statements, one a line, in which `{poll}` stands for the table `poll`. Says the rows of each.
"""

import json
import re
import sys

import duckdb

folder, queries = sys.argv[1:]


def table(name):
    return f"read_parquet('{folder}/{name[1]}/**/*.parquet', hive_partitioning = true)"


connection = duckdb.connect()
connection.sql("set timezone = 'UTC'")
answers = []
for query in open(queries):
    answers.append(connection.sql(re.sub(r"\{(\w+)\}", table, query)).fetchall())
print(json.dumps(answers, default=str))
