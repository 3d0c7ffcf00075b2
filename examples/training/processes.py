"""One training by several processes: each has its part of every batch, and all take the same step.

They are started by --processes, which sets the variables that torchrun sets, or by torchrun itself.
"""
import os
import socket
import subprocess
import sys
import time

import torch
import torch.distributed as dist


def is_started():
    return 'RANK' in os.environ


def start(count):
    """Runs this script so many times. Returns the exit status; where one of them fails, the others are ended."""
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        port = str(free.getsockname()[1])
    cores = max(1, (os.cpu_count() or 1) // count)
    shared = {'OMP_NUM_THREADS': str(cores), **os.environ, 'MASTER_ADDR': '127.0.0.1', 'MASTER_PORT': port}
    running = [
        subprocess.Popen(
            [sys.executable, *sys.argv], env={**shared, 'WORLD_SIZE': str(count), 'RANK': str(k), 'LOCAL_RANK': str(k)}
        )
        for k in range(count)
    ]
    try:
        while any(process.poll() is None for process in running) and not any(process.poll() for process in running):
            time.sleep(0.1)
        return next((process.returncode for process in running if process.returncode), 0)
    finally:
        for process in running:
            process.terminate()


def join(device):
    """Meets the others. Returns the device of this process."""
    if not is_started():
        return device
    is_gpu = torch.device(device).type == 'cuda'
    dist.init_process_group('nccl' if is_gpu else 'gloo')
    return f'cuda:{os.environ["LOCAL_RANK"]}' if is_gpu else device


def rank():
    return dist.get_rank() if is_started() else 0


def own_part(indices):
    """Of a batch."""
    return indices[rank() :: dist.get_world_size()] if is_started() else indices


def agree(*tensors):
    """All take what the first has."""
    if is_started():
        for tensor in tensors:
            dist.broadcast(tensor, 0)


def add_up(*tensors):
    """Each becomes the sum of all processes' own."""
    if is_started():
        for tensor in tensors:
            dist.all_reduce(tensor)
