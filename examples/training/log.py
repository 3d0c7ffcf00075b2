"""A line of JSON per tested epoch, as `xnorc report --log` reads them."""
import json


def write_log(path, history, epochs):
    """history: rows {'train_loss', 'test_loss', 'accuracy' in percent}; epochs: how many the recipe takes.

    The file is written whole, so that a training that goes on has its first epochs in it, too.
    """
    lines = []
    for epoch, row in enumerate(history, start=1):
        if 'accuracy' in row:
            figures = {'epoch': epoch, 'epochs': epochs, 'loss': row['test_loss'], 'accuracy': row['accuracy'] / 100}
            lines.append(json.dumps({**figures, 'train_loss': row['train_loss']}) + '\n')
    path.write_text(''.join(lines))
