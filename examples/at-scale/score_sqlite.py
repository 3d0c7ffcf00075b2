"""Classifies a table of a database with the extension, chunk by chunk, by several processes; stopped, it goes on."""
import argparse
import sqlite3
import time
from multiprocessing import get_context


def connect(database, extension):
    connection = sqlite3.connect(database, timeout=60)
    connection.enable_load_extension(True)
    connection.load_extension(extension)
    return connection


def work(database, extension, chunk, first, last, step):
    """Every step-th chunk of the table. Its classes are computed while others may write, and written at once."""
    connection = connect(database, extension)
    scored = 0
    for start in range(first, last + 1, step):
        rows = connection.execute(
            'SELECT id, lenet5(image) FROM digits WHERE id >= ? AND id < ? AND id NOT IN (SELECT id FROM scores)',
            (start, start + chunk),
        ).fetchall()
        with connection:
            connection.executemany('INSERT INTO scores VALUES (?, ?)', rows)
        scored += len(rows)
    connection.close()
    return scored


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add('database')
    add('--extension', default='build/lenet', help='the library, without its ending (%(default)s)')
    add('--workers', type=int, default=1, help='processes (%(default)s)')
    add('--chunk', type=int, default=500, help='rows that are written at once (%(default)s)')
    options = parser.parse_args()

    connection = connect(options.database, options.extension)
    # Readers do not wait for who writes, and the other way round.
    connection.execute('PRAGMA journal_mode = WAL')
    connection.execute('CREATE TABLE IF NOT EXISTS scores (id INTEGER PRIMARY KEY, class INTEGER)')
    first, last = connection.execute('SELECT min(id), max(id) FROM digits').fetchone()
    shared = options.database, options.extension, options.chunk
    step = options.workers * options.chunk
    shares = [(*shared, first + k * options.chunk, last, step) for k in range(options.workers)]
    with get_context('spawn').Pool(options.workers) as pool:
        pool.map(time.sleep, [0.2] * options.workers, chunksize=1)  # each gets one, so all of them have started
        started = time.monotonic()
        scored = sum(pool.starmap(work, shares, chunksize=1))
        seconds = time.monotonic() - started
    query = 'SELECT count(*), sum(class = label) FROM digits JOIN scores USING (id)'
    count, correct = connection.execute(query).fetchone()
    print(f'{scored} images by {options.workers} workers, {scored / seconds:.0f} images/s')
    print(f'{correct} of {count} right, {100 * correct / count:.2f} %')


if __name__ == '__main__':
    main()
