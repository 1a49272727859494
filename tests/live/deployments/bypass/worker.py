"""Asks the database something, over and over, with as many threads as its pool has connections."""
import os
import threading

from psycopg2.pool import ThreadedConnectionPool

SIZE = int(os.environ["POOL_SIZE"])
SECONDS = float(os.getenv("SECONDS", "1"))
pool = ThreadedConnectionPool(SIZE, SIZE, os.environ["DATABASE_URL"])


def work():
    while True:
        connection = pool.getconn()
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(%s)", [SECONDS])
        pool.putconn(connection)


for _ in range(SIZE):
    threading.Thread(target=work).start()
