"""Asks the databases something, over and over, with as many threads as its pools have connections."""
import os
import threading

from psycopg2.pool import ThreadedConnectionPool

SIZE = int(os.environ["POOL_SIZE"])
SECONDS = float(os.getenv("SECONDS", "1"))
primary = ThreadedConnectionPool(SIZE, SIZE, os.environ["DATABASE_URL"])
pools = [primary]
if "REPLICA_URL" in os.environ:
    replica = ThreadedConnectionPool(SIZE, SIZE, os.environ["REPLICA_URL"])
    pools.append(replica)


def work(pool):
    while True:
        connection = pool.getconn()
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(%s)", [SECONDS])
        pool.putconn(connection)


for pool in pools:
    for _ in range(SIZE):
        threading.Thread(target=work, args=[pool]).start()
