"""A training that was stopped goes on with --resume, from the end of its last epoch."""
import os

import torch


def save_checkpoint(trainer):
    state = {
        'model': trainer.model.state_dict(),
        'average': trainer.average.state_dict(),
        'optimizer': trainer.optimizer.state_dict(),
        'kept': trainer.kept,
        'best': trainer.best,
        'history': trainer.history,
        'epoch': trainer.clock.epoch,
        'seconds': trainer.clock.seconds(),
        'random': torch.get_rng_state(),
    }
    # Renaming replaces the file at once, so that being killed here cannot cost the last checkpoint.
    torch.save(state, f'{trainer.path}.new')
    os.replace(f'{trainer.path}.new', trainer.path)


def load_checkpoint(trainer):
    """Sets the trainer to where its checkpoint is. Without --resume there must be none: it may be days of work."""
    if not trainer.path.exists():
        return
    if not trainer.options.resume:
        raise SystemExit(f'{trainer.path} exists: --resume continues it; to start anew, remove it or change --out')
    state = torch.load(trainer.path, map_location='cpu')
    trainer.model.load_state_dict(state['model'])
    trainer.average.load_state_dict(state['average'])
    trainer.optimizer.load_state_dict(state['optimizer'])
    trainer.kept, trainer.best, trainer.history = state['kept'], state['best'], state['history']
    trainer.clock.resume(state['epoch'], state['seconds'])
    torch.set_rng_state(state['random'])
    print(f'{trainer.path}: goes on after epoch {trainer.clock.epoch}')
