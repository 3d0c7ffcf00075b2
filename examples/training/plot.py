"""Loss and accuracy over the epochs as an SVG: by matplotlib where it is installed, else by 30 lines of our own."""

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 640, 200, 60, 30, 30


def plot(history, path, title):
    """history: rows {'train_loss', 'test_loss', 'accuracy'}, one per epoch; accuracy in percent."""
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
        for name, values in curves.items():
            axis.plot(range(1, len(values) + 1), values, label=name)
        axis.set_ylabel(label)
    axes[0].legend()
    axes[0].set_title(title)
    axes[-1].set_xlabel('epoch')
    figure.savefig(path)
    pyplot.close(figure)


def column(history, key):
    return [row[key] for row in history]


def svg(panels, title):
    """Panels below each other, [(label, {name: values})]."""
    parts = [f'<text x="{LEFT}" y="18" font-weight="bold">{title}</text>']
    for index, (label, curves) in enumerate(panels):
        parts += panel(label, curves, TOP + index * (HEIGHT + BOTTOM))
    height = TOP + len(panels) * (HEIGHT + BOTTOM)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" font-family="sans-serif" '
        'font-size="12">\n<rect width="100%" height="100%" fill="white"/>\n' + '\n'.join(parts) + '\n</svg>\n'
    )


def panel(label, curves, top):
    values = [value for curve in curves.values() for value in curve]
    low, high = min(values), max(values)
    span, steps = high - low or 1, max(len(next(iter(curves.values()))) - 1, 1)
    bottom, right = top + HEIGHT - BOTTOM, WIDTH - 90
    x = lambda k: LEFT + (right - LEFT) * k / steps
    y = lambda value: bottom - (bottom - top - 10) * (value - low) / span
    yield f'<path d="M{LEFT} {top}V{bottom}H{right}" fill="none" stroke="#888"/>'
    yield f'<text x="{LEFT}" y="{bottom + 15}">{label}, by epoch 1 to {steps + 1}</text>'
    for value in (low, high):
        yield f'<text x="{LEFT - 6}" y="{y(value) + 4:.1f}" text-anchor="end">{value:.4g}</text>'
    for index, (colour, (name, curve)) in enumerate(zip(('#1f77b4', '#d62728'), curves.items())):
        points = ' '.join(f'{x(k):.1f},{y(value):.1f}' for k, value in enumerate(curve))
        yield f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
        yield f'<text x="{right + 6}" y="{top + 14 + 16 * index}" fill="{colour}">{name} {curve[-1]:.4g}</text>'
