"""Loss and accuracy over the epochs as an SVG: by matplotlib where it is installed, else by 30 lines of our own."""

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 640, 200, 60, 30, 30


def plot(history, path, title):
    """history: rows {'train_loss', 'test_loss', 'accuracy' in percent}, one per epoch; the last two may be missing."""
    panels = [
        ('loss', {'training': column(history, 'train_loss'), 'test': column(history, 'test_loss')}),
        ('test accuracy, %', {'': column(history, 'accuracy')}),
    ]
    try:
        import matplotlib
    except ImportError:
        path.write_text(svg(panels, title))
        return
    matplotlib.use('svg')
    import matplotlib.pyplot as pyplot

    figure, axes = pyplot.subplots(len(panels), 1, sharex=True)
    for axis, (label, curves) in zip(axes, panels):
        for name, points in curves.items():
            axis.plot(*zip(*points), label=name)
        axis.set_ylabel(label)
    axes[0].legend()
    axes[0].set_title(title)
    axes[-1].set_xlabel('epoch')
    figure.savefig(path)
    pyplot.close(figure)


def column(history, key):
    """[(epoch, value)]"""
    return [(epoch, row[key]) for epoch, row in enumerate(history, start=1) if key in row]


def svg(panels, title):
    """Panels below each other, [(label, {name: [(epoch, value)]})]."""
    parts = [f'<text x="{LEFT}" y="18" font-weight="bold">{title}</text>']
    for index, (label, curves) in enumerate(panels):
        parts += panel(label, curves, TOP + index * (HEIGHT + BOTTOM))
    height = TOP + len(panels) * (HEIGHT + BOTTOM)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" font-family="sans-serif" '
        'font-size="12">\n<rect width="100%" height="100%" fill="white"/>\n' + '\n'.join(parts) + '\n</svg>\n'
    )


def panel(label, curves, top):
    epochs, values = zip(*(point for curve in curves.values() for point in curve))
    low, high, last = min(values), max(values), max(epochs)
    span, steps = high - low or 1, max(last - 1, 1)
    bottom, right = top + HEIGHT - BOTTOM, WIDTH - 90
    x = lambda epoch: LEFT + (right - LEFT) * (epoch - 1) / steps
    y = lambda value: bottom - (bottom - top - 10) * (value - low) / span
    yield f'<path d="M{LEFT} {top}V{bottom}H{right}" fill="none" stroke="#888"/>'
    yield f'<text x="{LEFT}" y="{bottom + 15}">{label}, by epoch 1 to {last}</text>'
    for value in (low, high):
        yield f'<text x="{LEFT - 6}" y="{y(value) + 4:.1f}" text-anchor="end">{value:.4g}</text>'
    for index, (colour, (name, curve)) in enumerate(zip(('#1f77b4', '#d62728'), curves.items())):
        points = ' '.join(f'{x(epoch):.1f},{y(value):.1f}' for epoch, value in curve)
        yield f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
        yield f'<text x="{right + 6}" y="{top + 14 + 16 * index}" fill="{colour}">{name} {curve[-1][1]:.4g}</text>'
